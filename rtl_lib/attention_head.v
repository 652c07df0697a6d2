/*

Attention of one query to all keys of an event, one head: scores, exponentials,
base 2, weighted sum of the values, and the normalisation last. A pure data
path: a query may come every clock.

    c_j = requantize(sum_d q_d k_jd), signed, SCORE_W bits
    x_j = ROW_MAX != 0 ? c_j - max over the enabled keys of c, saturated : c_j
    e_j = enabled ? exp2(x_j) : 0
    y_d = requantize((sum_j e_j v_jd) * reciprocal(sum_j e_j))

q, k and v: signed. y: OUT_W bits, or OUT_W + 1 bits with a zero on top if
OUT_SIGNED = 0. The keys are those of the clock of q; what is used later has to
come later: with

    S = MUL_STAGES + tree(KEY_DIM) + 1
    E = S + ROW_MAX * (maxtree(TOKENS) + 1)

max_enable comes S clocks after q, exp_enable comes E clocks after q and v comes
E + EXP_STAGES clocks after q, where tree(n) = ceil(clog2(n) / LEVELS) and
maxtree(n) = ceil(clog2(n) / max(1, LEVELS/2)).

Latency: E + EXP_STAGES + tree(TOKENS) + max(MUL_STAGES, RECIP_STAGES)
+ MUL_STAGES + 1.

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
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                                                   clk,
    input  wire [KEY_DIM*Q_W-1:0]                                 q,
    input  wire [TOKENS*KEY_DIM*K_W-1:0]                          k,
    input  wire [TOKENS*VALUE_DIM*V_W-1:0]                        v,
    input  wire [TOKENS-1:0]                                      max_enable,
    input  wire [TOKENS-1:0]                                      exp_enable,
    output wire [VALUE_DIM*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer COMPARES = LEVELS < 2 ? 1 : LEVELS / 2;
localparam integer MAX_TREE = ($clog2(TOKENS) + COMPARES - 1) / COMPARES;
localparam integer DOT_W = Q_W + K_W + $clog2(KEY_DIM);
localparam integer E_W = EXP_W + 1;
localparam integer SUM_W = EXP_W + $clog2(TOKENS);
localparam integer R_W = RECIP_TABLE_W + RECIP_LZ_MAX;
// The weighted sum: the zero on top of e is not needed any more
localparam integer A_W = EXP_W + V_W + $clog2(TOKENS);
localparam integer P_W = A_W + R_W + 1;

// The weighted sum and the reciprocal meet: the earlier one waits.
localparam integer SUM_DELAY = MUL_STAGES > RECIP_STAGES ? MUL_STAGES - RECIP_STAGES : 0;
localparam integer A_DELAY = RECIP_STAGES > MUL_STAGES ? RECIP_STAGES - MUL_STAGES : 0;

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
            .MUL_STAGES(MUL_STAGES),
            .LEVELS(LEVELS)
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
    .RELU(0)
) score_requantize_inst (
    .clk(clk),
    .x(dots),
    .y(scores)
);

// Exponents: the scores, or their differences to the largest

wire [TOKENS*SCORE_W-1:0] exponents;

generate
    if (ROW_MAX != 0) begin : row_max
        localparam [SCORE_W-1:0] LOWEST = ~({SCORE_W{1'b1}} >> 1);

        wire [TOKENS*SCORE_W-1:0] candidates;
        wire [TOKENS*SCORE_W-1:0] scores_late;
        wire [SCORE_W-1:0] largest;

        reg [TOKENS*SCORE_W-1:0] exponents_reg;

        max_tree #(
            .COUNT(TOKENS),
            .IN_W(SCORE_W),
            .LEVELS(LEVELS)
        ) max_inst (
            .clk(clk),
            .x(candidates),
            .y(largest)
        );

        delay_line #(
            .WIDTH(TOKENS*SCORE_W),
            .DEPTH(MAX_TREE)
        ) scores_delay_inst (
            .clk(clk),
            .d(scores),
            .q(scores_late)
        );

        for (j = 0; j < TOKENS; j = j + 1) begin : key
            wire [SCORE_W-1:0] late = scores_late[j*SCORE_W +: SCORE_W];
            // An enabled key's difference is not positive.
            wire [SCORE_W:0] diff = {late[SCORE_W-1], late} - {largest[SCORE_W-1], largest};
            wire below = diff[SCORE_W] && !diff[SCORE_W-1];

            assign candidates[j*SCORE_W +: SCORE_W] = max_enable[j] ? scores[j*SCORE_W +: SCORE_W] : LOWEST;

            always @(posedge clk) begin
                exponents_reg[j*SCORE_W +: SCORE_W] <= below ? LOWEST : diff[SCORE_W-1:0];
            end
        end

        assign exponents = exponents_reg;
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
            .STAGES(EXP_STAGES),
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

wire [SUM_W:0] sum;
wire [SUM_W-1:0] sum_late;
wire [R_W-1:0] r;

wire _unused_sum = &{1'b0, sum[SUM_W]};

adder_tree #(
    .COUNT(TOKENS),
    .IN_W(E_W),
    .LEVELS(LEVELS)
) sum_inst (
    .clk(clk),
    .x(e),
    .sum(sum)
);

delay_line #(
    .WIDTH(SUM_W),
    .DEPTH(SUM_DELAY)
) sum_delay_inst (
    .clk(clk),
    .d(sum[SUM_W-1:0]),
    .q(sum_late)
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
    .x(sum_late),
    .y(r)
);

// Weighted sums of the values, normalised

wire [VALUE_DIM*P_W-1:0] products;

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
            .MUL_STAGES(MUL_STAGES),
            .LEVELS(LEVELS)
        ) dot_product_inst (
            .clk(clk),
            .a(e),
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
            .STAGES(MUL_STAGES)
        ) multiply_inst (
            .clk(clk),
            .a(a_late),
            .b({1'b0, r}),
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
    .RELU(0)
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
