/*

A row of a square, two bits of a and all above them: with a = digit + 4*(upper +
high), digit = -2*high + middle + low, the row is digit^2 + 8 * digit * (upper +
high), so that a^2 = row + 16 * (upper + high)^2.

Where the digit is negative, high is 1 and -(upper + 1) the complement of upper:
no carry is missing anywhere. All of a square's rows hold half the bits of the
rows of a product.

upper: signed, row: signed, UPPER_W + 4 bits. Combinational, a bit is a function
of five.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module square_row #(
    // Width of upper in bits
    parameter integer UPPER_W = 6
) (
    input  wire [UPPER_W-1:0] upper,
    input  wire               high,
    input  wire               middle,
    input  wire               low,
    output wire [UPPER_W+3:0] row
);

wire one = middle ^ low;
wire two = high ? !(middle || low) : middle && low;
wire [UPPER_W-1:0] factor = upper ^ {UPPER_W{high}};

assign row = {
    ({factor[UPPER_W-1], factor} & {(UPPER_W+1){one}}) | ({factor, 1'b0} & {(UPPER_W+1){two}}), two, 1'b0, one
};

endmodule

`resetall
