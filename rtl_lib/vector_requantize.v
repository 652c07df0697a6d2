/*

COUNT requantizers (see requantize), with their steps.
Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module vector_requantize #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of an element of x in bits
    parameter integer IN_W = 16,
    // Fraction bits dropped; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // 1: negative inputs become 0 first
    parameter integer RELU = 0,
    // As in requantize
    parameter [31:0] REGISTERS = 0
) (
    input  wire                                  clk,
    input  wire [COUNT*IN_W-1:0]                 x,
    output wire [COUNT*(OUT_W+1-OUT_SIGNED)-1:0] y
);

localparam integer Y_W = OUT_W + 1 - OUT_SIGNED;

genvar i;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : element
        requantize #(
            .IN_W(IN_W),
            .SHIFT(SHIFT),
            .OUT_W(OUT_W),
            .OUT_SIGNED(OUT_SIGNED),
            .ROUNDING(ROUNDING),
            .OVERFLOW(OVERFLOW),
            .RELU(RELU),
            .REGISTERS(REGISTERS)
        ) requantize_inst (
            .clk(clk),
            .x(x[i*IN_W +: IN_W]),
            .y(y[i*Y_W +: Y_W])
        );
    end
endgenerate

endmodule

`resetall
