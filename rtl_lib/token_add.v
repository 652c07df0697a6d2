/*

Element-wise sum of two vectors of different fractions:
y = requantize((a << A_SHIFT) + (b << B_SHIFT)). The sum is exact.

Steps: the sum, and those of requantize. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module token_add #(
    // Number of elements
    parameter integer COUNT = 8,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // Left shift that aligns a, >= 0
    parameter integer A_SHIFT = 0,
    // Width of an element of b in bits
    parameter integer B_W = 8,
    // Left shift that aligns b, >= 0
    parameter integer B_SHIFT = 0,
    // Fraction bits of the sum dropped; negative: left shift
    parameter integer SHIFT = 0,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // 1: negative sums become 0 first
    parameter integer RELU = 0,
    // Bit i: a register in front of step i; there is none in front of the sum
    parameter [31:0] REGISTERS = 0
) (
    input  wire                                  clk,
    input  wire [COUNT*A_W-1:0]                  a,
    input  wire [COUNT*B_W-1:0]                  b,
    output wire [COUNT*(OUT_W+1-OUT_SIGNED)-1:0] y
);

localparam integer TERM_W = A_W + A_SHIFT > B_W + B_SHIFT ? A_W + A_SHIFT : B_W + B_SHIFT;
localparam integer SUM_W = TERM_W + 1;

wire [COUNT*SUM_W-1:0] sum;

genvar i;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : element
        wire [A_W-1:0] a_value = a[i*A_W +: A_W];
        wire [B_W-1:0] b_value = b[i*B_W +: B_W];

        wire [SUM_W-1:0] a_term = {{(SUM_W-A_W){a_value[A_W-1]}}, a_value} << A_SHIFT;
        wire [SUM_W-1:0] b_term = {{(SUM_W-B_W){b_value[B_W-1]}}, b_value} << B_SHIFT;

        assign sum[i*SUM_W +: SUM_W] = a_term + b_term;
    end
endgenerate

vector_requantize #(
    .COUNT(COUNT),
    .IN_W(SUM_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(RELU),
    .REGISTERS(REGISTERS >> 1)
) requantize_inst (
    .clk(clk),
    .x(sum),
    .y(y)
);

endmodule

`resetall
