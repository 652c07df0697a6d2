/*

exp2: y = 2^x, as a table of the fraction and a right shift

    f = x mod 2^FRAC, n = floor(x / 2^FRAC), k = BIAS - n (always >= 0)
    y = TABLE[f] >> k, 0 if k >= OUT_W

Latency: STAGES (1: output register; 2: also one between table and shift)

x: signed IN_W bits
y: unsigned OUT_W bits

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module exp2 #(
    // Bits of the input
    parameter integer IN_W = 10,
    // Fraction bits of the input
    parameter integer FRAC = 4,
    // Right shift at n = 0
    parameter integer BIAS = 0,
    // Bits of the output and of a table entry
    parameter integer OUT_W = 8,
    // Registers: 1 or 2
    parameter integer STAGES = 1,
    // 2^(f / 2^FRAC) for each fraction f, entry f at [f*OUT_W +: OUT_W]
    parameter [2**FRAC*OUT_W-1:0] TABLE = 0
) (
    input  wire             clk,
    input  wire [IN_W-1:0]  x,
    output wire [OUT_W-1:0] y
);

masked_exp2 #(
    .IN_W(IN_W),
    .FRAC(FRAC),
    .BIAS(BIAS),
    .OUT_W(OUT_W),
    .STAGES(STAGES),
    .TABLE(TABLE)
) masked_exp2_inst (
    .clk(clk),
    .enable(1'b1),
    .x(x),
    .y(y)
);

endmodule

`resetall
