/*

masked_exp2: y = enable ? 2^x : 0, as a table of the fraction and a right shift

    f = x mod 2^FRAC, n = floor(x / 2^FRAC), k = BIAS - n (always >= 0 if enabled)
    y = TABLE[f] >> k, 0 if k >= OUT_W

Steps: table and k, the shift. Latency: ones in REGISTERS.

x: signed IN_W bits
y: unsigned OUT_W bits

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module masked_exp2 #(
    // Bits of the input
    parameter integer IN_W = 10,
    // Fraction bits of the input
    parameter integer FRAC = 4,
    // Right shift at n = 0
    parameter integer BIAS = 0,
    // Bits of the output and of a table entry
    parameter integer OUT_W = 8,
    // Bit 0: a register in front of the table, bit 1: in front of the shift
    parameter [31:0] REGISTERS = 0,
    // 2^(f / 2^FRAC) for each fraction f, entry f at [f*OUT_W +: OUT_W]
    parameter [2**FRAC*OUT_W-1:0] TABLE = 0
) (
    input  wire             clk,
    input  wire             enable,
    input  wire [IN_W-1:0]  x,
    output wire [OUT_W-1:0] y
);

// x extended by at least one sign bit, so that n has at least one bit
localparam integer WIDE_W = (IN_W > FRAC ? IN_W : FRAC) + 1;
localparam integer N_W = WIDE_W - FRAC;
localparam integer INDEX_W = FRAC > 0 ? FRAC : 1;

// Wide enough for n and for BIAS - OUT_W
localparam integer BIAS_W = $clog2((BIAS < 0 ? -BIAS : BIAS) + 1) + 1;
localparam integer LIMIT_W = $clog2(OUT_W + 1) + 1;
localparam integer WIDER_W = N_W > BIAS_W ? N_W : BIAS_W;
localparam integer WIDEST_W = (WIDER_W > LIMIT_W ? WIDER_W : LIMIT_W) + 1;
localparam signed [WIDEST_W-1:0] VANISHING = BIAS[WIDEST_W-1:0] - OUT_W[WIDEST_W-1:0];
localparam integer AMOUNT_W = OUT_W > 1 ? $clog2(OUT_W) : 1;

wire [IN_W-1:0]     exponent;
wire                enabled;
wire [WIDE_W-1:0]   x_wide = {{WIDE_W-IN_W{exponent[IN_W-1]}}, exponent};
wire [INDEX_W-1:0]  index = x_wide[INDEX_W-1:0];
wire [OUT_W-1:0]    mantissa;
// What the shift sees
wire [OUT_W-1:0]    shifted;
wire [AMOUNT_W-1:0] amount;
wire                is_zero;

wire signed [WIDEST_W-1:0] n = {{WIDEST_W-N_W{x_wide[WIDE_W-1]}}, x_wide[WIDE_W-1:FRAC]};

wire [AMOUNT_W-1:0] k = BIAS[AMOUNT_W-1:0] - n[AMOUNT_W-1:0];

// k >= OUT_W, seen from n, so that it does not wait for k
wire vanish = !enabled || n <= VANISHING;

delay_line #(
    .WIDTH(IN_W + 1),
    .DEPTH(REGISTERS[0] ? 1 : 0)
) exponent_delay_inst (
    .clk(clk),
    .d({enable, x}),
    .q({enabled, exponent})
);

table_lookup #(
    .INDEX_W(FRAC),
    .OUT_W(OUT_W),
    .TABLE(TABLE)
) table_inst (
    .index(index),
    .y(mantissa)
);

delay_line #(
    .WIDTH(OUT_W + AMOUNT_W + 1),
    .DEPTH(REGISTERS[1] ? 1 : 0)
) mantissa_delay_inst (
    .clk(clk),
    .d({mantissa, k, vanish}),
    .q({shifted, amount, is_zero})
);

assign y = is_zero ? {OUT_W{1'b0}} : shifted >> amount;

endmodule

`resetall
