/*

A multiple of a number: y = FACTOR * x, as shifted additions.

FACTOR is taken apart into digits 1 and -1 of which no two are neighbours
(canonical signed digits), so there is an adder less than such digits; a power
of two is wires. The additions stand in a chain, from the highest digit on.

x: signed IN_W bits
y: the low OUT_W bits of the product

Latency: 0 (combinational)

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module constant_multiple #(
    // Width of x in bits
    parameter integer IN_W = 8,
    // The factor, >= 1
    parameter integer FACTOR = 6,
    // Width of y in bits
    parameter integer OUT_W = 11
) (
    input  wire [IN_W-1:0]  x,
    output wire [OUT_W-1:0] y
);

// Number of digits
function integer csd_digits(input integer factor);
    integer undone;
    integer n;
    begin
        csd_digits = 0;
        undone = factor;
        for (n = 0; n < 32; n = n + 1) begin
            if (undone % 2 != 0) begin
                csd_digits = csd_digits + 1;
                undone = undone % 4 == 1 ? undone - 1 : undone + 1;
            end
            undone = undone / 2;
        end
    end
endfunction

// Of digit `number` from below: its place, times two, and one more if it is -1
function integer digit(input integer factor, input integer number);
    integer undone;
    integer found;
    integer n;
    begin
        digit = 0;
        found = 0;
        undone = factor;
        for (n = 0; n < 32; n = n + 1) begin
            if (undone % 2 != 0) begin
                if (found == number) begin
                    digit = 2*n + (undone % 4 == 1 ? 0 : 1);
                end
                found = found + 1;
                undone = undone % 4 == 1 ? undone - 1 : undone + 1;
            end
            undone = undone / 2;
        end
    end
endfunction

localparam integer DIGITS = csd_digits(FACTOR);

genvar i;

generate
    // partial[i].sum: the highest i + 1 digits, times x
    for (i = 0; i < DIGITS; i = i + 1) begin : partial
        localparam integer DIGIT = digit(FACTOR, DIGITS - 1 - i);
        localparam integer PLACE = DIGIT / 2;

        wire [OUT_W-1:0] sum;

        if (i == 0) begin : highest
            wire [OUT_W+IN_W-1:0] wide = {{OUT_W{x[IN_W-1]}}, x} << PLACE;
            wire _unused = &{1'b0, wide[OUT_W+IN_W-1:OUT_W]};

            assign sum = wide[OUT_W-1:0];
        end else begin : added
            shift_add #(
                .A_W(OUT_W),
                .A_SIGNED(1),
                .SHIFT_A(0),
                .B_W(IN_W),
                .B_SIGNED(1),
                .SHIFT_B(PLACE),
                .SUBTRACT(DIGIT % 2),
                .OUT_W(OUT_W)
            ) add_inst (
                .a(partial[i-1].sum),
                .b(x),
                .y(sum)
            );
        end
    end
endgenerate

assign y = partial[DIGITS-1].sum;

endmodule

`resetall
