/*

masked_exp2: y = enable ? 2^x : 0, as a table of the fraction and a right shift

    f = x mod 2^FRAC, n = floor(x / 2^FRAC), k = BIAS - n (always >= 0 if enabled)
    y = TABLE[f] >> k, 0 if k >= OUT_W

Latency: STAGES (1: output register; 2: also one between table and shift)

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
    // Registers: 1 or 2
    parameter integer STAGES = 1,
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

// k: wide enough for BIAS - n and for the constant OUT_W
localparam integer BIAS_W = $clog2((BIAS < 0 ? -BIAS : BIAS) + 1) + 1;
localparam integer LIMIT_W = $clog2(OUT_W + 1) + 1;
localparam integer WIDER_W = N_W > BIAS_W ? N_W : BIAS_W;
localparam integer K_W = (WIDER_W > LIMIT_W ? WIDER_W : LIMIT_W) + 1;
localparam integer AMOUNT_W = OUT_W > 1 ? $clog2(OUT_W) : 1;

wire [WIDE_W-1:0]   x_wide = {{WIDE_W-IN_W{x[IN_W-1]}}, x};
wire [INDEX_W-1:0]  index = x_wide[INDEX_W-1:0];
wire [K_W-1:0]      n = {{K_W-N_W{x_wide[WIDE_W-1]}}, x_wide[WIDE_W-1:FRAC]};
wire [K_W-1:0]      k = BIAS[K_W-1:0] - n;
wire [AMOUNT_W-1:0] amount = k[AMOUNT_W-1:0];
wire                vanish = !enable || k >= OUT_W[K_W-1:0];
wire [OUT_W-1:0]    mantissa;

table_lookup #(
    .INDEX_W(FRAC),
    .OUT_W(OUT_W),
    .TABLE(TABLE)
) table_inst (
    .index(index),
    .y(mantissa)
);

reg [OUT_W-1:0] y_reg;

assign y = y_reg;

generate
    if (STAGES < 2) begin : one_stage

        always @(posedge clk) begin
            y_reg <= vanish ? {OUT_W{1'b0}} : mantissa >> amount;
        end

    end else begin : two_stages

        reg [OUT_W-1:0]    mantissa_reg;
        reg [AMOUNT_W-1:0] amount_reg;
        reg                vanish_reg;

        always @(posedge clk) begin
            mantissa_reg <= mantissa;
            amount_reg <= amount;
            vanish_reg <= vanish;
            y_reg <= vanish_reg ? {OUT_W{1'b0}} : mantissa_reg >> amount_reg;
        end

    end
endgenerate

endmodule

`resetall
