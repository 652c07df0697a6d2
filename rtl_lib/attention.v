/*

Streaming attention, LANES tokens a beat: the keys and values of an event are
captured into register banks, and its queries stream past them.

Each kv_valid takes LANES tokens; with kv_last the event is complete (BEATS =
ceil(TOKENS / LANES) beats; the last beat's lanes beyond TOKENS are dropped).
Its queries come in the BEATS clocks that begin one clock after the last k/v
beat. The next event's k/v beats may follow at once. There may be gaps between
k/v beats. Each query, head and lane is an attention_head; its page has the
arithmetic. MASKED = 1: a key whose mask bit is 0 weighs nothing.

k [LANES*KV_HEADS*KEY_DIM*K_W], v [LANES*KV_HEADS*VALUE_DIM*V_W] and
q [LANES*HEADS*KEY_DIM*Q_W] are signed; y [LANES*HEADS*VALUE_DIM*Y_W] has
Y_W = OUT_SIGNED ? OUT_W : OUT_W + 1 (a zero on top). Tokens first, then heads,
then elements. Query head h reads k/v head h, or 0 if KV_HEADS = 1.

Steps, registers and latency from q: those of attention_head. There is no
register in front of the first step.

The query uses the mask and the values some clocks after the keys. So the beats
of the mask and of v are delayed by those clocks on their way into their banks.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module attention #(
    // Tokens of an event
    parameter integer TOKENS = 8,
    // Tokens of a beat
    parameter integer LANES = 2,
    // Heads of the queries
    parameter integer HEADS = 2,
    // Heads of the keys and values: HEADS, or 1 that all share
    parameter integer KV_HEADS = HEADS,
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
    // 1: keys have a mask bit, 0: mask is ignored
    parameter integer MASKED = 0,
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
    input  wire                                                               clk,
    input  wire                                                               kv_valid,
    input  wire                                                               kv_last,
    input  wire [LANES*KV_HEADS*KEY_DIM*K_W-1:0]                              k,
    input  wire [LANES*KV_HEADS*VALUE_DIM*V_W-1:0]                            v,
    input  wire [LANES-1:0]                                                   mask,
    input  wire [LANES*HEADS*KEY_DIM*Q_W-1:0]                                 q,
    output wire [LANES*HEADS*VALUE_DIM*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer Y_W = OUT_W + (OUT_SIGNED != 0 ? 0 : 1);

// Clocks from a query to its use of the mask, for the maximum and for the
// exponential, and of v
localparam integer SCORE_CLOCKS = ones(DOT_REGISTERS) + ones(SCORE_REGISTERS);
localparam integer MAX_DELAY = SCORE_CLOCKS + (MAX_REGISTERS[0] ? 1 : 0);
localparam integer EXP_DELAY = SCORE_CLOCKS + ones(MAX_REGISTERS);
localparam integer VALUE_DELAY = EXP_DELAY + ones(EXP_REGISTERS) + (VALUE_REGISTERS[0] ? 1 : 0);

// Widths of a token
localparam integer K_TOKEN_W = KV_HEADS * KEY_DIM * K_W;
localparam integer V_TOKEN_W = KV_HEADS * VALUE_DIM * V_W;

function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) ones = ones + (bits[n] ? 1 : 0);
    end
endfunction

genvar h, j, p;

// Keys

wire [TOKENS*K_TOKEN_W-1:0] keys;

token_bank #(
    .TOKENS(TOKENS),
    .LANES(LANES),
    .WIDTH(K_TOKEN_W)
) key_bank_inst (
    .clk(clk),
    .valid(kv_valid),
    .last(kv_last),
    .d(k),
    .bank(keys)
);

// Values

wire v_valid;
wire v_last;
wire [LANES*V_TOKEN_W-1:0] v_late;
wire [TOKENS*V_TOKEN_W-1:0] values;

delay_line #(
    .WIDTH(2 + LANES*V_TOKEN_W),
    .DEPTH(VALUE_DELAY)
) value_delay_inst (
    .clk(clk),
    .d({kv_valid, kv_last, v}),
    .q({v_valid, v_last, v_late})
);

token_bank #(
    .TOKENS(TOKENS),
    .LANES(LANES),
    .WIDTH(V_TOKEN_W)
) value_bank_inst (
    .clk(clk),
    .valid(v_valid),
    .last(v_last),
    .d(v_late),
    .bank(values)
);

// Mask

wire [TOKENS-1:0] max_enable;
wire [TOKENS-1:0] exp_enable;

generate
    if (MASKED != 0) begin : masked
        key_mask #(
            .TOKENS(TOKENS),
            .LANES(LANES),
            .DELAY(MAX_DELAY)
        ) key_mask_inst (
            .clk(clk),
            .valid(kv_valid),
            .last(kv_last),
            .mask(mask),
            .enable(max_enable)
        );

        delay_line #(
            .WIDTH(TOKENS),
            .DEPTH(EXP_DELAY - MAX_DELAY)
        ) enable_delay_inst (
            .clk(clk),
            .d(max_enable),
            .q(exp_enable)
        );
    end else begin : unmasked
        wire _unused = &{1'b0, mask};

        assign max_enable = {TOKENS{1'b1}};
        assign exp_enable = {TOKENS{1'b1}};
    end
endgenerate

// Queries

generate
    for (h = 0; h < HEADS; h = h + 1) begin : head
        localparam integer KV = KV_HEADS == 1 ? 0 : h;

        wire [TOKENS*KEY_DIM*K_W-1:0] head_keys;
        wire [TOKENS*VALUE_DIM*V_W-1:0] head_values;

        for (j = 0; j < TOKENS; j = j + 1) begin : key
            assign head_keys[j*KEY_DIM*K_W +: KEY_DIM*K_W] = keys[(j*KV_HEADS+KV)*KEY_DIM*K_W +: KEY_DIM*K_W];
            assign head_values[j*VALUE_DIM*V_W +: VALUE_DIM*V_W] = values[(j*KV_HEADS+KV)*VALUE_DIM*V_W +: VALUE_DIM*V_W];
        end

        for (p = 0; p < LANES; p = p + 1) begin : lane
            attention_head #(
                .TOKENS(TOKENS),
                .KEY_DIM(KEY_DIM),
                .VALUE_DIM(VALUE_DIM),
                .Q_W(Q_W),
                .K_W(K_W),
                .V_W(V_W),
                .ROW_MAX(ROW_MAX),
                .SCORE_SHIFT(SCORE_SHIFT),
                .SCORE_W(SCORE_W),
                .SCORE_ROUNDING(SCORE_ROUNDING),
                .SCORE_OVERFLOW(SCORE_OVERFLOW),
                .EXP_FRAC(EXP_FRAC),
                .EXP_BIAS(EXP_BIAS),
                .EXP_W(EXP_W),
                .EXP_TABLE(EXP_TABLE),
                .RECIP_INDEX_W(RECIP_INDEX_W),
                .RECIP_TABLE_W(RECIP_TABLE_W),
                .RECIP_LZ_MAX(RECIP_LZ_MAX),
                .RECIP_TABLE(RECIP_TABLE),
                .SHIFT(SHIFT),
                .OUT_W(OUT_W),
                .OUT_SIGNED(OUT_SIGNED),
                .ROUNDING(ROUNDING),
                .OVERFLOW(OVERFLOW),
                .DOT_LUT_STEPS(DOT_LUT_STEPS),
                .VALUE_LUT_STEPS(VALUE_LUT_STEPS),
                .RESULT_LUT_STEPS(RESULT_LUT_STEPS),
                .DOT_REGISTERS(DOT_REGISTERS),
                .SCORE_REGISTERS(SCORE_REGISTERS),
                .MAX_REGISTERS(MAX_REGISTERS),
                .EXP_REGISTERS(EXP_REGISTERS),
                .SUM_REGISTERS(SUM_REGISTERS),
                .VALUE_REGISTERS(VALUE_REGISTERS),
                .RESULT_REGISTERS(RESULT_REGISTERS)
            ) attention_head_inst (
                .clk(clk),
                .q(q[(p*HEADS+h)*KEY_DIM*Q_W +: KEY_DIM*Q_W]),
                .k(head_keys),
                .v(head_values),
                .max_enable(max_enable),
                .exp_enable(exp_enable),
                .y(y[(p*HEADS+h)*VALUE_DIM*Y_W +: VALUE_DIM*Y_W])
            );
        end
    end
endgenerate

endmodule

`resetall
