/*

A dense layer over a whole event, accumulated beat by beat:
y = requantize(BIAS + sum over the beats of weights(beat) * x).

The weights come from outside: beat tells which ones are wanted, and they answer
in the same clock; weight o*INPUTS + i belongs to output o and input i. Gaps
between beats are legal. Accumulation starts afresh at in_first, so there is no
reset. The accumulator is signed, ACC_W bits, and wraps.

Steps up to the accumulator, which is a register: those of dot_product, the
accumulation. Steps behind it: the two of requantize.
Latency from the last beat: ones in SUM_REGISTERS, 1 (accumulator), ones in
RESULT_REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module beat_dense #(
    // Beats of an event
    parameter integer BEATS = 4,
    // Inputs of a beat
    parameter integer INPUTS = 8,
    // Outputs
    parameter integer OUTPUTS = 4,
    // Width of an input in bits
    parameter integer X_W = 8,
    // Width of a weight in bits
    parameter integer W_W = 8,
    // Width of an accumulator in bits
    parameter integer ACC_W = 24,
    // Biases at the accumulator's fraction
    parameter [OUTPUTS*ACC_W-1:0] BIAS = {(OUTPUTS*ACC_W){1'b0}},
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
    // 1: negative accumulators become 0 first
    parameter integer RELU = 0,
    // Steps of the products if these are made of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // Bit i: a register in front of step i up to the accumulator
    parameter [31:0] SUM_REGISTERS = 0,
    // Bit i: a register in front of step i behind it
    parameter [31:0] RESULT_REGISTERS = 0
) (
    input  wire                                       clk,

    input  wire                                       in_valid,
    input  wire                                       in_first,
    input  wire                                       in_last,
    input  wire [INPUTS*X_W-1:0]                      x,

    output wire [(BEATS > 1 ? $clog2(BEATS) : 1)-1:0] beat,
    input  wire [OUTPUTS*INPUTS*W_W-1:0]              weights,

    output wire [OUTPUTS*(OUT_W+1-OUT_SIGNED)-1:0]    y
);

localparam integer DEPTH = LUT_STEPS == 0 ? 2 + $clog2(INPUTS) : LUT_STEPS;
// The registers of dot_product, and the one in front of the accumulation
localparam [31:0] DOT_REGISTERS = SUM_REGISTERS & ~(32'hffffffff << DEPTH);
localparam integer WAIT = SUM_REGISTERS[DEPTH] ? 1 : 0;
localparam integer DOT_W = X_W + W_W + $clog2(INPUTS);

// Registers that these bits say
function integer ones(input [31:0] bits);
    integer n;
    begin
        ones = 0;
        for (n = 0; n < 32; n = n + 1) begin
            ones = ones + (bits[n] ? 1 : 0);
        end
    end
endfunction

wire _unused_last = &{1'b0, in_last};

beat_index #(
    .BEATS(BEATS)
) beat_index_inst (
    .clk(clk),
    .in_valid(in_valid),
    .in_first(in_first),
    .beat(beat)
);

// Accumulators: they take a beat when its products have been summed
wire dot_valid;
wire dot_first;

wire [OUTPUTS*ACC_W-1:0] total;

delay_line #(
    .WIDTH(2),
    .DEPTH(ones(DOT_REGISTERS) + WAIT)
) control_delay_inst (
    .clk(clk),
    .d({in_first, in_valid}),
    .q({dot_first, dot_valid})
);

genvar o;

generate
    for (o = 0; o < OUTPUTS; o = o + 1) begin : output_value
        wire [DOT_W-1:0] tree;
        wire [DOT_W-1:0] dot;
        wire [ACC_W+DOT_W-1:0] extended = {{ACC_W{dot[DOT_W-1]}}, dot};
        wire _unused = &{1'b0, extended[ACC_W+DOT_W-1:ACC_W]};

        reg [ACC_W-1:0] acc;

        dot_product #(
            .COUNT(INPUTS),
            .A_W(X_W),
            .B_W(W_W),
            .LUT_STEPS(LUT_STEPS),
            .REGISTERS(DOT_REGISTERS)
        ) dot_product_inst (
            .clk(clk),
            .a(x),
            .b(weights[o*INPUTS*W_W +: INPUTS*W_W]),
            .y(tree)
        );

        delay_line #(
            .WIDTH(DOT_W),
            .DEPTH(WAIT)
        ) dot_delay_inst (
            .clk(clk),
            .d(tree),
            .q(dot)
        );

        always @(posedge clk) begin
            if (dot_valid) begin
                acc <= extended[ACC_W-1:0] + (dot_first ? BIAS[o*ACC_W +: ACC_W] : acc);
            end
        end

        assign total[o*ACC_W +: ACC_W] = acc;
    end
endgenerate

vector_requantize #(
    .COUNT(OUTPUTS),
    .IN_W(ACC_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(RELU),
    .REGISTERS(RESULT_REGISTERS)
) requantize_inst (
    .clk(clk),
    .x(total),
    .y(y)
);

endmodule

`resetall
