/*

A row of a product in Booth's radix 4 (MacSorley, 1961): row + negate = digit * a
with the digit -2*high + middle + low, two bits of the multiplier and the one
below them.

a: signed, row: signed, A_W + 1 bits; a negative multiple is the complement, and
negate what is missing in its lowest bit, for an adder's carry. Combinational;
a bit is a function of five, so that a LUT holds it and the adder behind it.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module booth_row #(
    // Width of a in bits
    parameter integer A_W = 8
) (
    input  wire [A_W-1:0] a,
    input  wire           high,
    input  wire           middle,
    input  wire           low,
    output wire [A_W:0]   row,
    output wire           negate
);

wire one = middle ^ low;
wire two = high ? !(middle || low) : middle && low;

assign row = (({a[A_W-1], a} & {(A_W+1){one}}) | ({a, 1'b0} & {(A_W+1){two}})) ^ {(A_W+1){high}};
assign negate = high;

endmodule

`resetall
