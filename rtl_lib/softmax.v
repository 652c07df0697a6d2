/*

Softmax, base 2, over the COUNT values of one token. A pure data path: a token
may come every clock.

    e_i = enabled ? exp2(x_i - max over the enabled x) : 0
    r   = reciprocal(sum e)
    y_i = requantize(e_i * r), which drops SHIFT fraction bits

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0.

max_enable comes with x, exp_enable maxtree + 1 clocks later.

Latency, with tree = ceil(clog2(COUNT) / LEVELS) and maxtree = ceil(clog2(COUNT)
/ max(1, LEVELS/2)): maxtree + 1 + EXP_STAGES + tree + RECIP_STAGES + MUL_STAGES + 1.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module softmax #(
    // Values of a token
    parameter integer COUNT = 4,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // exp2: fraction bits of x
    parameter integer EXP_FRAC = 4,
    // exp2: width of the result in bits
    parameter integer EXP_W = 8,
    // exp2: registers, 1 or 2
    parameter integer EXP_STAGES = 1,
    // exp2: the table
    parameter [2**EXP_FRAC*EXP_W-1:0] EXP_TABLE = 0,
    // reciprocal: bits of the table's index
    parameter integer RECIP_INDEX_W = 6,
    // reciprocal: width of a table entry in bits
    parameter integer RECIP_TABLE_W = 8,
    // reciprocal: the largest normalising shift
    parameter integer RECIP_LZ_MAX = 4,
    // reciprocal: registers, 1 or 2
    parameter integer RECIP_STAGES = 1,
    // reciprocal: the table
    parameter [2**RECIP_INDEX_W*RECIP_TABLE_W-1:0] RECIP_TABLE = 0,
    // Fraction bits dropped from the product; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 0,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                                               clk,
    input  wire [COUNT-1:0]                                   max_enable,
    input  wire [COUNT-1:0]                                   exp_enable,
    input  wire [COUNT*IN_W-1:0]                              x,
    output wire [COUNT*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer COMPARES = LEVELS < 2 ? 1 : LEVELS / 2;
localparam integer MAX_TREE = ($clog2(COUNT) + COMPARES - 1) / COMPARES;
localparam integer TREE = ($clog2(COUNT) + LEVELS - 1) / LEVELS;
localparam integer DIFF_W = IN_W + 1;
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = EXP_W + $clog2(COUNT);
localparam integer R_W = RECIP_TABLE_W + RECIP_LZ_MAX;
localparam integer P_W = E_W + R_W + 1;

genvar i;

// Differences to the maximum

localparam [IN_W-1:0] LOWEST = ~({IN_W{1'b1}} >> 1);

wire [IN_W-1:0] largest;
wire [COUNT*IN_W-1:0] candidates;
wire [COUNT*IN_W-1:0] x_late;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : candidate
        assign candidates[i*IN_W +: IN_W] = max_enable[i] ? x[i*IN_W +: IN_W] : LOWEST;
    end
endgenerate

max_tree #(
    .COUNT(COUNT),
    .IN_W(IN_W),
    .LEVELS(LEVELS)
) max_inst (
    .clk(clk),
    .x(candidates),
    .y(largest)
);

delay_line #(
    .WIDTH(COUNT*IN_W),
    .DEPTH(MAX_TREE)
) x_delay_inst (
    .clk(clk),
    .d(x),
    .q(x_late)
);

// Exponentials

wire [COUNT*E_W-1:0] e;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : exponential
        wire [IN_W-1:0] x_i = x_late[i*IN_W +: IN_W];

        reg [DIFF_W-1:0] diff_reg;

        always @(posedge clk) diff_reg <= {x_i[IN_W-1], x_i} - {largest[IN_W-1], largest};

        masked_exp2 #(
            .IN_W(DIFF_W),
            .FRAC(EXP_FRAC),
            .BIAS(0),
            .OUT_W(EXP_W),
            .STAGES(EXP_STAGES),
            .TABLE(EXP_TABLE)
        ) masked_exp2_inst (
            .clk(clk),
            .enable(exp_enable[i]),
            .x(diff_reg),
            .y(e[i*E_W +: EXP_W])
        );

        assign e[i*E_W+EXP_W] = 1'b0;
    end
endgenerate

// Reciprocal of their sum

wire [SUM_W:0] sum;
wire [R_W-1:0] r;

wire _unused = &{1'b0, sum[SUM_W]};

adder_tree #(
    .COUNT(COUNT),
    .IN_W(E_W),
    .LEVELS(LEVELS)
) sum_inst (
    .clk(clk),
    .x(e),
    .sum(sum)
);

reciprocal #(
    .IN_W(SUM_W),
    .INDEX_W(RECIP_INDEX_W),
    .TABLE_W(RECIP_TABLE_W),
    .LZ_MAX(RECIP_LZ_MAX),
    .STAGES(RECIP_STAGES),
    .TABLE(RECIP_TABLE)
) reciprocal_inst (
    .clk(clk),
    .x(sum[SUM_W-1:0]),
    .y(r)
);

// Probabilities

wire [COUNT*E_W-1:0] e_late;
wire [COUNT*P_W-1:0] products;

delay_line #(
    .WIDTH(COUNT*E_W),
    .DEPTH(TREE + RECIP_STAGES)
) e_delay_inst (
    .clk(clk),
    .d(e),
    .q(e_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : probability
        multiply #(
            .A_W(E_W),
            .B_W(R_W + 1),
            .STAGES(MUL_STAGES)
        ) multiply_inst (
            .clk(clk),
            .a(e_late[i*E_W +: E_W]),
            .b({1'b0, r}),
            .p(products[i*P_W +: P_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(COUNT),
    .IN_W(P_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0)
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
