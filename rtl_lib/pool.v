/*

Pools the tokens of an event into one: their mean, their sum or their maximum,
feature by feature.

The last beat's lanes at or beyond TOKENS are dropped, and so are masked tokens
if MASKED. Gaps between beats are legal. Accumulation starts afresh at
in_first, so there is no reset.

Sum and maximum are exact. Mean multiplies the sum with SCALES[c], unsigned, c
being the number of tokens left; without MASKED this is the constant
SCALES[TOKENS]. The maximum of no token at all is 0.

Latency from the last beat: tree + 1 (accumulator) + 1 (requantize), and
MUL_STAGES more for the mean; tree = ceil(clog2(LANES) / C), C = LEVELS for mean
and sum, C = max(1, LEVELS/2) for the maximum.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module pool #(
    // 0: mean, 1: sum, 2: maximum
    parameter integer MODE = 0,
    // Tokens of an event
    parameter integer TOKENS = 16,
    // Tokens of a beat
    parameter integer LANES = 4,
    // Features of a token
    parameter integer FEATURES = 8,
    // Width of a feature in bits
    parameter integer IN_W = 8,
    // 1: tokens with a mask bit of 0 are dropped
    parameter integer MASKED = 0,
    // Width of a scale in bits (unsigned)
    parameter integer SCALE_W = 8,
    // Scale by the number of tokens
    parameter [(TOKENS+1)*SCALE_W-1:0] SCALES = {((TOKENS+1)*SCALE_W){1'b0}},
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
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                                     clk,

    input  wire                                     in_valid,
    input  wire                                     in_first,
    input  wire                                     in_last,
    input  wire [LANES*FEATURES*IN_W-1:0]           x,
    input  wire [LANES-1:0]                         mask,

    output wire [FEATURES*(OUT_W+1-OUT_SIGNED)-1:0] y
);

localparam integer BEATS = (TOKENS + LANES - 1) / LANES;
// Tokens of the last beat
localparam integer LAST_LANES = TOKENS - (BEATS - 1) * LANES;

localparam integer COMPARES = MODE != 2 ? LEVELS : LEVELS < 2 ? 1 : LEVELS / 2;
localparam integer TREE = ($clog2(LANES) + COMPARES - 1) / COMPARES;

// What a beat's lanes make, and the accumulator
localparam integer BEAT_W = MODE == 2 ? IN_W : IN_W + $clog2(LANES);
localparam integer ACC_W = MODE == 2 ? IN_W : IN_W + $clog2(TOKENS);
// What is requantized
localparam integer RESULT_W = MODE == 0 ? ACC_W + SCALE_W + 1 : ACC_W;

wire [LANES-1:0] keep;
wire beat_valid;
wire beat_first;

wire [FEATURES*ACC_W-1:0] total;
wire [FEATURES*RESULT_W-1:0] result;

genvar p, f;

// Lanes that count
generate
    for (p = 0; p < LANES; p = p + 1) begin : lane
        wire exists;

        if (p < LAST_LANES) begin : always_there
            assign exists = 1'b1;
        end else begin : spare
            assign exists = !in_last;
        end

        if (MASKED != 0) begin : masked
            assign keep[p] = exists && mask[p];
        end else begin : unmasked
            assign keep[p] = exists;
        end
    end

    if (MASKED == 0) begin : no_mask
        wire _unused = &{1'b0, mask};
    end

    if (LAST_LANES >= LANES) begin : no_spare
        wire _unused = &{1'b0, in_last};
    end
endgenerate

// Accumulators: they take a beat TREE clocks after it came
delay_line #(
    .WIDTH(2),
    .DEPTH(TREE)
) control_delay_inst (
    .clk(clk),
    .d({in_first, in_valid}),
    .q({beat_first, beat_valid})
);

generate
    for (f = 0; f < FEATURES; f = f + 1) begin : feature
        wire [LANES*IN_W-1:0] kept;
        wire [BEAT_W-1:0] beat;

        reg [ACC_W-1:0] acc;

        for (p = 0; p < LANES; p = p + 1) begin : gate
            wire [IN_W-1:0] value = x[(p*FEATURES+f)*IN_W +: IN_W];

            if (MODE == 2) begin : lowest
                localparam [IN_W-1:0] MINIMUM = ~({IN_W{1'b1}} >> 1);

                assign kept[p*IN_W +: IN_W] = keep[p] ? value : MINIMUM;
            end else begin : zero
                assign kept[p*IN_W +: IN_W] = value & {IN_W{keep[p]}};
            end
        end

        if (MODE == 2) begin : maximum
            max_tree #(
                .COUNT(LANES),
                .IN_W(IN_W),
                .LEVELS(LEVELS)
            ) max_tree_inst (
                .clk(clk),
                .x(kept),
                .y(beat)
            );

            wire higher = $signed(beat) > $signed(acc);

            always @(posedge clk) begin
                if (beat_valid && (beat_first || higher)) begin
                    acc <= beat;
                end
            end
        end else begin : sum
            adder_tree #(
                .COUNT(LANES),
                .IN_W(IN_W),
                .LEVELS(LEVELS)
            ) adder_tree_inst (
                .clk(clk),
                .x(kept),
                .sum(beat)
            );

            // ACC_W holds every sum that occurs, also if there are more lanes than tokens.
            wire [ACC_W+BEAT_W-1:0] extended = {{ACC_W{beat[BEAT_W-1]}}, beat};
            wire _unused = &{1'b0, extended[ACC_W+BEAT_W-1:ACC_W]};

            always @(posedge clk) begin
                if (beat_valid) begin
                    acc <= extended[ACC_W-1:0] + (beat_first ? {ACC_W{1'b0}} : acc);
                end
            end
        end

        assign total[f*ACC_W +: ACC_W] = acc;
    end
endgenerate

// Mean: scale; maximum: 0 if there was no token
generate
    if (MODE == 0) begin : mean
        wire [SCALE_W-1:0] scale;

        if (MASKED != 0) begin : counted
            localparam integer KEPT_W = 2 + $clog2(LANES);
            localparam integer COUNT_W = $clog2(TOKENS + 1);

            wire [LANES*2-1:0] ones;
            wire [KEPT_W-1:0] kept;
            wire [COUNT_W+KEPT_W-1:0] extended = {{COUNT_W{1'b0}}, kept};
            wire _unused = &{1'b0, extended[COUNT_W+KEPT_W-1:COUNT_W]};

            reg [COUNT_W-1:0] count;
            reg [SCALE_W-1:0] selected;

            integer c;

            for (p = 0; p < LANES; p = p + 1) begin : lane
                assign ones[p*2 +: 2] = {1'b0, keep[p]};
            end

            adder_tree #(
                .COUNT(LANES),
                .IN_W(2),
                .LEVELS(LEVELS)
            ) adder_tree_inst (
                .clk(clk),
                .x(ones),
                .sum(kept)
            );

            always @(posedge clk) begin
                if (beat_valid) begin
                    count <= extended[COUNT_W-1:0] + (beat_first ? {COUNT_W{1'b0}} : count);
                end
            end

            always @* begin
                selected = SCALES[0 +: SCALE_W];
                for (c = 1; c <= TOKENS; c = c + 1) begin
                    if (count == c[COUNT_W-1:0]) begin
                        selected = SCALES[c*SCALE_W +: SCALE_W];
                    end
                end
            end

            assign scale = selected;
        end else begin : constant
            assign scale = SCALES[TOKENS*SCALE_W +: SCALE_W];
        end

        for (f = 0; f < FEATURES; f = f + 1) begin : feature
            multiply #(
                .A_W(ACC_W),
                .B_W(SCALE_W + 1),
                .STAGES(MUL_STAGES)
            ) multiply_inst (
                .clk(clk),
                .a(total[f*ACC_W +: ACC_W]),
                .b({1'b0, scale}),
                .p(result[f*RESULT_W +: RESULT_W])
            );
        end
    end else if (MODE == 2 && MASKED != 0) begin : masked_maximum
        wire beat_any;

        reg any;

        delay_line #(
            .WIDTH(1),
            .DEPTH(TREE)
        ) any_delay (
            .clk(clk),
            .d(|keep),
            .q(beat_any)
        );

        always @(posedge clk) begin
            if (beat_valid) begin
                any <= beat_any || (any && !beat_first);
            end
        end

        assign result = total & {(FEATURES*RESULT_W){any}};
    end else begin : plain
        assign result = total;
    end
endgenerate

vector_requantize #(
    .COUNT(FEATURES),
    .IN_W(RESULT_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0)
) requantize_inst (
    .clk(clk),
    .x(result),
    .y(y)
);

endmodule

`resetall
