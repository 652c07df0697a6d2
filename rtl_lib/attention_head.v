/*

Attention of one query to all keys of an event, one head: scores, exponentials,
base 2, weighted sum of the values, and the normalisation last. A pure data
path: a query may come every clock.

    c_j = requantize(sum_d q_d k_jd), signed, SCORE_W bits
    x_j = ROW_MAX != 0 ? c_j - max over the enabled keys of c, saturated : c_j
    e_j = enabled ? exp2(x_j) : 0
    y_d = requantize((sum_j e_j v_jd) * reciprocal(sum_j e_j))

q, k and v: signed. y: OUT_W bits, or OUT_W + 1 bits with a zero on top if
OUT_SIGNED = 0.

Steps, with a bit each from bit 0 of their parameter on:
    DOT_REGISTERS     those of dot_product, for the scores
    SCORE_REGISTERS   those of requantize, for the scores
    MAX_REGISTERS     if ROW_MAX != 0: those of max_difference, saturation
    EXP_REGISTERS     those of masked_exp2
    SUM_REGISTERS     clog2(TOKENS) levels of the sum, those of reciprocal
    VALUE_REGISTERS   those of dot_product, for the weighted sums
    RESULT_REGISTERS  those of multiply, those of requantize

The keys are those of the clock of q; what is used later has to come later:
max_enable comes S + MAX_REGISTERS[0] clocks after q, with S ones in
DOT_REGISTERS and SCORE_REGISTERS; exp_enable comes E clocks after q, with E =
S + ones in MAX_REGISTERS; v comes E + ones in EXP_REGISTERS + VALUE_REGISTERS[0]
clocks after q.

Latency: E + ones in EXP_REGISTERS, + the larger of the ones in SUM_REGISTERS
and in VALUE_REGISTERS, + ones in RESULT_REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module attention_head #(
    // Keys of an event
    parameter integer TOKENS = 8,
    // Elements of a query and of a key
    parameter integer KEY_DIM = 4,
    // Elements of a value
    parameter integer VALUE_DIM = 4,
    // Width of a query element in bits
    parameter integer Q_W = 8,
    // Width of a key element in bits
    parameter integer K_W = 8,
    // Width of a value element in bits
    parameter integer V_W = 8,
    // 1: subtract the largest score of the query, 0: do not
    parameter integer ROW_MAX = 0,
    // Score: fraction bits dropped; negative: left shift
    parameter integer SCORE_SHIFT = 8,
    // Score: width in bits, signed
    parameter integer SCORE_W = 10,
    // Score: rounding mode, as in requantize
    parameter integer SCORE_ROUNDING = 0,
    // Score: 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer SCORE_OVERFLOW = 1,
    // exp2: fraction bits of a score
    parameter integer EXP_FRAC = 4,
    // exp2: right shift of a score of zero
    parameter integer EXP_BIAS = 0,
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
    // Fraction bits dropped from the result; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // Steps of the products of queries and keys if these are made of LUTs; 0: DSP blocks
    parameter integer DOT_LUT_STEPS = 0,
    // Steps of those of weights and values if these are made of LUTs; 0: DSP blocks
    parameter integer VALUE_LUT_STEPS = 0,
    // Steps of those with the reciprocal if these are made of LUTs; 0: DSP blocks
    parameter integer RESULT_LUT_STEPS = 0,
    // Products and sums of the scores: bit i: a register in front of step i
    parameter [31:0] DOT_REGISTERS = 0,
    // The same of the scores' rounding
    parameter [31:0] SCORE_REGISTERS = 0,
    // The same of maximum and differences; 0 if ROW_MAX = 0
    parameter [31:0] MAX_REGISTERS = 0,
    // The same of the exponentials
    parameter [31:0] EXP_REGISTERS = 0,
    // The same of their sum and its reciprocal
    parameter [31:0] SUM_REGISTERS = 0,
    // The same of the weighted sums
    parameter [31:0] VALUE_REGISTERS = 0,
    // The same of the products and the result
    parameter [31:0] RESULT_REGISTERS = 0
) (
    input  wire                                                   clk,
    input  wire [KEY_DIM*Q_W-1:0]                                 q,
    input  wire [TOKENS*KEY_DIM*K_W-1:0]                          k,
    input  wire [TOKENS*VALUE_DIM*V_W-1:0]                        v,
    input  wire [TOKENS-1:0]                                      max_enable,
    input  wire [TOKENS-1:0]                                      exp_enable,
    output wire [VALUE_DIM*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer LEVELS = $clog2(TOKENS);
localparam integer DOT_W = Q_W + K_W + $clog2(KEY_DIM);
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = EXP_W + $clog2(TOKENS);
localparam integer R_W = RECIP_TABLE_W + RECIP_LZ_MAX;
// The weighted sum: the zero on top of e is not needed any more
localparam integer A_W = EXP_W + V_W + $clog2(TOKENS);
localparam integer P_W = A_W + R_W + 1;

// The weighted sum and the reciprocal meet: the earlier one waits.
localparam integer SUM_CLOCKS = ones(SUM_REGISTERS);
localparam integer VALUE_CLOCKS = ones(VALUE_REGISTERS);
localparam integer R_DELAY = VALUE_CLOCKS > SUM_CLOCKS ? VALUE_CLOCKS - SUM_CLOCKS : 0;
localparam integer A_DELAY = SUM_CLOCKS > VALUE_CLOCKS ? SUM_CLOCKS - VALUE_CLOCKS : 0;

function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) ones = ones + (bits[n] ? 1 : 0);
    end
endfunction

genvar d, j;

// Scores

wire [TOKENS*DOT_W-1:0] dots;
wire [TOKENS*SCORE_W-1:0] scores;

generate
    for (j = 0; j < TOKENS; j = j + 1) begin : score
        dot_product #(
            .COUNT(KEY_DIM),
            .A_W(Q_W),
            .B_W(K_W),
            .LUT_STEPS(DOT_LUT_STEPS),
            .REGISTERS(DOT_REGISTERS)
        ) dot_product_inst (
            .clk(clk),
            .a(q),
            .b(k[j*KEY_DIM*K_W +: KEY_DIM*K_W]),
            .y(dots[j*DOT_W +: DOT_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(TOKENS),
    .IN_W(DOT_W),
    .SHIFT(SCORE_SHIFT),
    .OUT_W(SCORE_W),
    .OUT_SIGNED(1),
    .ROUNDING(SCORE_ROUNDING),
    .OVERFLOW(SCORE_OVERFLOW),
    .RELU(0),
    .REGISTERS(SCORE_REGISTERS)
) score_requantize_inst (
    .clk(clk),
    .x(dots),
    .y(scores)
);

// Exponents: the scores, or their differences to the largest

wire [TOKENS*SCORE_W-1:0] exponents;

generate
    if (ROW_MAX != 0) begin : row_max
        localparam integer DIFF_W = SCORE_W + 1;
        localparam [SCORE_W-1:0] LOWEST = ~({SCORE_W{1'b1}} >> 1);
        // Of max_difference, and of the saturation
        localparam integer DIFFERENCE_STEPS = LEVELS + 2;
        localparam [31:0] DIFFERENCE_REGISTERS = MAX_REGISTERS & ((32'd1 << DIFFERENCE_STEPS) - 32'd1);

        wire [TOKENS*DIFF_W-1:0] differences;
        wire [TOKENS*DIFF_W-1:0] differences_late;

        max_difference #(
            .COUNT(TOKENS),
            .IN_W(SCORE_W),
            .REVERSED(0),
            .REGISTERS(DIFFERENCE_REGISTERS)
        ) difference_inst (
            .clk(clk),
            .enable(max_enable),
            .x(scores),
            .y(differences)
        );

        delay_line #(
            .WIDTH(TOKENS*DIFF_W),
            .DEPTH(MAX_REGISTERS[DIFFERENCE_STEPS] ? 1 : 0)
        ) differences_delay_inst (
            .clk(clk),
            .d(differences),
            .q(differences_late)
        );

        for (j = 0; j < TOKENS; j = j + 1) begin : key
            wire [DIFF_W-1:0] diff = differences_late[j*DIFF_W +: DIFF_W];
            // An enabled key's difference is not positive.
            wire below = diff[SCORE_W] && !diff[SCORE_W-1];

            assign exponents[j*SCORE_W +: SCORE_W] = below ? LOWEST : diff[SCORE_W-1:0];
        end
    end else begin : plain
        wire _unused = &{1'b0, max_enable};

        assign exponents = scores;
    end
endgenerate

// Exponentials

wire [TOKENS*E_W-1:0] e;

generate
    for (j = 0; j < TOKENS; j = j + 1) begin : exponential
        masked_exp2 #(
            .IN_W(SCORE_W),
            .FRAC(EXP_FRAC),
            .BIAS(EXP_BIAS),
            .OUT_W(EXP_W),
            .REGISTERS(EXP_REGISTERS),
            .TABLE(EXP_TABLE)
        ) masked_exp2_inst (
            .clk(clk),
            .enable(exp_enable[j]),
            .x(exponents[j*SCORE_W +: SCORE_W]),
            .y(e[j*E_W +: EXP_W])
        );

        assign e[j*E_W+EXP_W] = 1'b0;
    end
endgenerate

// Reciprocal of their sum

// A register in front of the sum is not in the tree: where there is one in front
// of the weighted sums as well, they are the same.
localparam [31:0] LATER_REGISTERS = SUM_REGISTERS & ~32'd1;
localparam [31:0] TREE_REGISTERS = LATER_REGISTERS & ((32'd1 << LEVELS) - 32'd1);

wire [TOKENS*E_W-1:0] terms;
wire [SUM_W:0] sum;
wire [R_W-1:0] r;
wire [R_W-1:0] r_late;

wire _unused_sum = &{1'b0, sum[SUM_W]};

delay_line #(
    .WIDTH(TOKENS*E_W),
    .DEPTH(SUM_REGISTERS[0] ? 1 : 0)
) terms_delay_inst (
    .clk(clk),
    .d(e),
    .q(terms)
);

adder_tree #(
    .COUNT(TOKENS),
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

delay_line #(
    .WIDTH(R_W),
    .DEPTH(R_DELAY)
) r_delay_inst (
    .clk(clk),
    .d(r),
    .q(r_late)
);

// Weighted sums of the values, normalised

wire [TOKENS*E_W-1:0] weights;
wire [VALUE_DIM*P_W-1:0] products;

// A register in front of the products is here, so that none holds all of v.
delay_line #(
    .WIDTH(TOKENS*E_W),
    .DEPTH(VALUE_REGISTERS[0] ? 1 : 0)
) weights_delay_inst (
    .clk(clk),
    .d(e),
    .q(weights)
);

generate
    for (d = 0; d < VALUE_DIM; d = d + 1) begin : value
        wire [TOKENS*V_W-1:0] column;
        wire [A_W:0] a;
        wire [A_W-1:0] a_late;

        wire _unused = &{1'b0, a[A_W]};

        for (j = 0; j < TOKENS; j = j + 1) begin : key
            assign column[j*V_W +: V_W] = v[(j*VALUE_DIM+d)*V_W +: V_W];
        end

        dot_product #(
            .COUNT(TOKENS),
            .A_W(E_W),
            .B_W(V_W),
            .LUT_STEPS(VALUE_LUT_STEPS),
            .REGISTERS(VALUE_REGISTERS & ~32'd1)
        ) dot_product_inst (
            .clk(clk),
            .a(weights),
            .b(column),
            .y(a)
        );

        delay_line #(
            .WIDTH(A_W),
            .DEPTH(A_DELAY)
        ) a_delay_inst (
            .clk(clk),
            .d(a[A_W-1:0]),
            .q(a_late)
        );

        multiply #(
            .A_W(A_W),
            .B_W(R_W + 1),
            .LUT_STEPS(RESULT_LUT_STEPS),
            .REGISTERS(RESULT_REGISTERS)
        ) multiply_inst (
            .clk(clk),
            .a(a_late),
            .b({1'b0, r_late}),
            .p(products[d*P_W +: P_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(VALUE_DIM),
    .IN_W(P_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0),
    .REGISTERS(RESULT_REGISTERS >> (RESULT_LUT_STEPS == 0 ? 2 : RESULT_LUT_STEPS))
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
