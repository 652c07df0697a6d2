/*

Pools the tokens of an event into one: their mean, their sum or their maximum,
feature by feature.

The last beat's lanes at or beyond TOKENS are dropped, and so are masked tokens
if MASKED. Gaps between beats are legal. Accumulation starts afresh at
in_first, so there is no reset.

Sum and maximum are exact. Mean multiplies the sum with SCALES[c], unsigned, c
being the number of tokens left; without MASKED this is the constant
SCALES[TOKENS]. The maximum of no token at all is 0.

Steps up to the accumulator, which is a register: clog2(LANES) levels of sums or
compares, the accumulation. Steps behind it: the choice of the scale (mean) or
of 0 (maximum), those of multiply (mean only), the two of requantize.
Latency from the last beat: ones in SUM_REGISTERS, 1 (accumulator), ones in
RESULT_REGISTERS.

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
    // Steps of the products of a mean if these are made of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // Bit i: a register in front of step i up to the accumulator
    parameter [31:0] SUM_REGISTERS = 0,
    // Bit i: a register in front of step i behind it; there is none in front of the first
    parameter [31:0] RESULT_REGISTERS = 0
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

localparam integer DEPTH = $clog2(LANES);
// The levels' registers, and the one in front of the accumulation
localparam [31:0] TREE_REGISTERS = SUM_REGISTERS & ~(32'hffffffff << DEPTH);
localparam integer WAIT = SUM_REGISTERS[DEPTH] ? 1 : 0;
localparam integer SUM_CLOCKS = ones(TREE_REGISTERS) + WAIT;

// What a beat's lanes make, and the accumulator
localparam integer BEAT_W = MODE == 2 ? IN_W : IN_W + $clog2(LANES);
localparam integer ACC_W = MODE == 2 ? IN_W : IN_W + $clog2(TOKENS);
// What is requantized
localparam integer RESULT_W = MODE == 0 ? ACC_W + SCALE_W + 1 : ACC_W;

// Clocks of such registers
function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) begin
            ones = ones + (bits[n] ? 1 : 0);
        end
    end
endfunction

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

// Accumulators: they take a beat SUM_CLOCKS clocks after it came
delay_line #(
    .WIDTH(2),
    .DEPTH(SUM_CLOCKS)
) control_delay_inst (
    .clk(clk),
    .d({in_first, in_valid}),
    .q({beat_first, beat_valid})
);

generate
    for (f = 0; f < FEATURES; f = f + 1) begin : feature
        wire [LANES*IN_W-1:0] kept;
        wire [BEAT_W-1:0] tree;
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

        delay_line #(
            .WIDTH(BEAT_W),
            .DEPTH(WAIT)
        ) beat_delay_inst (
            .clk(clk),
            .d(tree),
            .q(beat)
        );

        if (MODE == 2) begin : maximum
            max_tree #(
                .COUNT(LANES),
                .IN_W(IN_W),
                .REGISTERS(TREE_REGISTERS)
            ) max_tree_inst (
                .clk(clk),
                .x(kept),
                .y(tree)
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
                .REGISTERS(TREE_REGISTERS)
            ) adder_tree_inst (
                .clk(clk),
                .x(kept),
                .sum(tree)
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

            wire [LANES*2-1:0] kept_bits;
            wire [KEPT_W-1:0] tree;
            wire [KEPT_W-1:0] kept;
            wire [COUNT_W+KEPT_W-1:0] extended = {{COUNT_W{1'b0}}, kept};
            wire _unused = &{1'b0, extended[COUNT_W+KEPT_W-1:COUNT_W]};

            reg [COUNT_W-1:0] count;
            reg [SCALE_W-1:0] selected;

            integer c;

            for (p = 0; p < LANES; p = p + 1) begin : lane
                assign kept_bits[p*2 +: 2] = {1'b0, keep[p]};
            end

            adder_tree #(
                .COUNT(LANES),
                .IN_W(2),
                .REGISTERS(TREE_REGISTERS)
            ) adder_tree_inst (
                .clk(clk),
                .x(kept_bits),
                .sum(tree)
            );

            delay_line #(
                .WIDTH(KEPT_W),
                .DEPTH(WAIT)
            ) kept_delay_inst (
                .clk(clk),
                .d(tree),
                .q(kept)
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
                .LUT_STEPS(LUT_STEPS),
                .REGISTERS(RESULT_REGISTERS >> 1)
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
            .DEPTH(SUM_CLOCKS)
        ) any_delay_inst (
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
    .RELU(0),
    .REGISTERS(RESULT_REGISTERS >> (MODE == 0 ? 1 + (LUT_STEPS == 0 ? 2 : LUT_STEPS) : 1) & 3)
) requantize_inst (
    .clk(clk),
    .x(result),
    .y(y)
);

endmodule

`resetall
