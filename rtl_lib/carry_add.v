/*

Adder of a heap of rows: sum = x + ((y + carry) << SHIFT), the low OUT_W bits.
Combinational.

x, y: signed. Result bits below SHIFT are wires to x.

The carry enters as a bit below, the same of both operands: it takes no LUT, and
while it is there this adder's result is not wholly the operand of another
adder, so that Yosys does not melt the two (see shift_add).

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module carry_add #(
    // Width of x in bits
    parameter integer X_W = 8,
    // Width of y in bits
    parameter integer Y_W = 8,
    // Left shift of y, less than OUT_W
    parameter integer SHIFT = 0,
    // Width of the result in bits
    parameter integer OUT_W = 9
) (
    input  wire [X_W-1:0]   x,
    input  wire [Y_W-1:0]   y,
    input  wire             carry,
    output wire [OUT_W-1:0] sum
);

localparam integer END = X_W > Y_W + SHIFT ? X_W : Y_W + SHIFT;
// Width that holds both operands and the result, and an extension of a bit at least
localparam integer WIDE_W = (END > OUT_W ? END : OUT_W) + 1;
localparam integer HIGH_W = OUT_W - SHIFT + 1;

wire [WIDE_W-1:0] wide_x = {{(WIDE_W-X_W){x[X_W-1]}}, x};
wire [WIDE_W-SHIFT-1:0] wide_y = {{(WIDE_W-SHIFT-Y_W){y[Y_W-1]}}, y};
wire _unused = &{1'b0, wide_x, wide_y};

wire [HIGH_W-1:0] high_x = {wide_x[OUT_W-1:SHIFT], carry};
wire [HIGH_W-1:0] low_y = {~wide_y[HIGH_W-2:0], 1'b1};
wire [HIGH_W-1:0] high_sum = high_x - low_y;
wire _unused_zero = &{1'b0, high_sum[0]};

generate
    if (SHIFT > 0) begin : low
        assign sum[SHIFT-1:0] = wide_x[SHIFT-1:0];
    end
endgenerate

assign sum[OUT_W-1:SHIFT] = high_sum[HIGH_W-1:1];

endmodule

`resetall
