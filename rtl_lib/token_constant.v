/*

Adds a constant that differs from beat to beat: y = x * 2^SHIFT + CONSTANTS[beat].

Latency: 0 (combinational)

x:       signed IN_W bits
y:       signed OUT_W bits, which hold every sum that occurs
entries: signed CONSTANT_W bits, at the binary point of y

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module token_constant #(
    // Bits of the number of a beat
    parameter integer BEAT_W = 2,
    // Width of x in bits
    parameter integer IN_W = 8,
    // Left shift of x, >= 0
    parameter integer SHIFT = 0,
    // Width of a constant in bits
    parameter integer CONSTANT_W = 8,
    // Width of y in bits
    parameter integer OUT_W = 9,
    // The constant of beat b at [b*CONSTANT_W +: CONSTANT_W]
    parameter [2**BEAT_W*CONSTANT_W-1:0] CONSTANTS = 0
) (
    input  wire [BEAT_W-1:0] beat,
    input  wire [IN_W-1:0]   x,
    output wire [OUT_W-1:0]  y
);

// Wide enough for both operands, whatever the sums need
localparam integer WIDE_W = OUT_W + IN_W + SHIFT + CONSTANT_W;

wire [CONSTANT_W-1:0] constant;

table_lookup #(
    .INDEX_W(BEAT_W),
    .OUT_W(CONSTANT_W),
    .TABLE(CONSTANTS)
) table_inst (
    .index(beat),
    .y(constant)
);

wire [WIDE_W-1:0] x_wide = {{(WIDE_W-IN_W){x[IN_W-1]}}, x} << SHIFT;
wire [WIDE_W-1:0] constant_wide = {{(WIDE_W-CONSTANT_W){constant[CONSTANT_W-1]}}, constant};
wire _unused = &{1'b0, x_wide[WIDE_W-1:OUT_W], constant_wide[WIDE_W-1:OUT_W]};

assign y = x_wide[OUT_W-1:0] + constant_wide[OUT_W-1:0];

endmodule

`resetall
