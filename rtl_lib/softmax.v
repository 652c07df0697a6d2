/*

Softmax, base 2, over the COUNT values of one token. A pure data path: a token
may come every clock.

    e_i = enabled ? exp2(x_i - max over the enabled x) : 0
    r   = reciprocal(sum e)
    y_i = requantize(e_i * r), which drops SHIFT fraction bits

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0.

Steps, with a bit each from bit 0 of their parameter on:
    MAX_REGISTERS     those of max_difference
    EXP_REGISTERS     those of masked_exp2
    SUM_REGISTERS     clog2(COUNT) levels of the sum, those of reciprocal
    RESULT_REGISTERS  those of multiply, those of requantize
Latency: ones in all of these. max_enable comes MAX_REGISTERS[0] clocks after x,
exp_enable comes ones in MAX_REGISTERS clocks after x.

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
    // exp2: the table
    parameter [2**EXP_FRAC*EXP_W-1:0] EXP_TABLE = 0,
    // reciprocal: bits of the table's index
    parameter integer RECIP_INDEX_W = 6,
    // reciprocal: width of a table entry in bits
    parameter integer RECIP_TABLE_W = 8,
    // reciprocal: the largest normalising shift
    parameter integer RECIP_LZ_MAX = 4,
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
    // Steps of the products if these are made of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // Maximum and differences: bit i: a register in front of step i
    parameter [31:0] MAX_REGISTERS = 0,
    // The same of the exponentials
    parameter [31:0] EXP_REGISTERS = 0,
    // The same of the sum and its reciprocal
    parameter [31:0] SUM_REGISTERS = 0,
    // The same of the products and the result
    parameter [31:0] RESULT_REGISTERS = 0
) (
    input  wire                                               clk,
    input  wire [COUNT-1:0]                                   max_enable,
    input  wire [COUNT-1:0]                                   exp_enable,
    input  wire [COUNT*IN_W-1:0]                              x,
    output wire [COUNT*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer LEVELS = $clog2(COUNT);
localparam integer DIFF_W = IN_W + 1;
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = EXP_W + $clog2(COUNT);
localparam integer R_W = RECIP_TABLE_W + RECIP_LZ_MAX;
localparam integer P_W = E_W + R_W + 1;

genvar i;

// Differences to the maximum

wire [COUNT*DIFF_W-1:0] differences;

max_difference #(
    .COUNT(COUNT),
    .IN_W(IN_W),
    .REVERSED(0),
    .REGISTERS(MAX_REGISTERS)
) difference_inst (
    .clk(clk),
    .enable(max_enable),
    .x(x),
    .y(differences)
);

// Exponentials

wire [COUNT*E_W-1:0] e;

generate
    for (i = 0; i < COUNT; i = i + 1) begin : exponential
        masked_exp2 #(
            .IN_W(DIFF_W),
            .FRAC(EXP_FRAC),
            .BIAS(0),
            .OUT_W(EXP_W),
            .REGISTERS(EXP_REGISTERS),
            .TABLE(EXP_TABLE)
        ) masked_exp2_inst (
            .clk(clk),
            .enable(exp_enable[i]),
            .x(differences[i*DIFF_W +: DIFF_W]),
            .y(e[i*E_W +: EXP_W])
        );

        assign e[i*E_W+EXP_W] = 1'b0;
    end
endgenerate

// Reciprocal of their sum

// A register in front of the sum is not in the tree, since the exponentials that
// wait for the reciprocal go through it as well.
localparam [31:0] LATER_REGISTERS = SUM_REGISTERS & ~32'd1;
localparam [31:0] TREE_REGISTERS = LATER_REGISTERS & ((32'd1 << LEVELS) - 32'd1);

function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) ones = ones + (bits[n] ? 1 : 0);
    end
endfunction

wire [COUNT*E_W-1:0] terms;
wire [SUM_W:0] sum;
wire [R_W-1:0] r;

wire _unused = &{1'b0, sum[SUM_W]};

delay_line #(
    .WIDTH(COUNT*E_W),
    .DEPTH(SUM_REGISTERS[0] ? 1 : 0)
) terms_delay_inst (
    .clk(clk),
    .d(e),
    .q(terms)
);

adder_tree #(
    .COUNT(COUNT),
    .IN_W(E_W),
    .REGISTERS(TREE_REGISTERS)
) sum_inst (
    .clk(clk),
    .x(terms),
    .sum(sum)
);

reciprocal #(
    .IN_W(SUM_W),
    .INDEX_W(RECIP_INDEX_W),
    .TABLE_W(RECIP_TABLE_W),
    .LZ_MAX(RECIP_LZ_MAX),
    .REGISTERS(LATER_REGISTERS >> LEVELS),
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
    .DEPTH(ones(LATER_REGISTERS))
) e_delay_inst (
    .clk(clk),
    .d(terms),
    .q(e_late)
);

generate
    for (i = 0; i < COUNT; i = i + 1) begin : probability
        multiply #(
            .A_W(E_W),
            .B_W(R_W + 1),
            .LUT_STEPS(LUT_STEPS),
            .REGISTERS(RESULT_REGISTERS)
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
    .RELU(0),
    .REGISTERS(RESULT_REGISTERS >> (LUT_STEPS == 0 ? 2 : LUT_STEPS))
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
