/*

One adder of an adder graph: y = (a << SHIFT_A) + (b << SHIFT_B), or minus.
Combinational.

Operands are signed or unsigned by parameter; y is the low OUT_W bits of the
exact result, so it may be read as either. Whoever instantiates the module
knows from interval analysis how many bits are enough.

Result bits below the lowest bit of one operand are wires to the other one,
unless that is negated; so are all bits if an unsigned operand ends below the
other's lowest bit. The rest is one adder.

The adder begins a bit below, at a zero of both operands. That bit costs
nothing, since the constants vanish, but while it is there the adder's result
is not wholly the operand of another adder. Yosys would melt two such adders
into one of three operands, which takes two carry chains and compressors
between them.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module shift_add #(
    // Width of a in bits
    parameter integer A_W = 8,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Left shift of a
    parameter integer SHIFT_A = 0,
    // Width of b in bits
    parameter integer B_W = 8,
    // 1: b is signed, 0: unsigned
    parameter integer B_SIGNED = 1,
    // Left shift of b
    parameter integer SHIFT_B = 2,
    // 1: the shifted b is subtracted, 0: added
    parameter integer SUBTRACT = 0,
    // Width of the result in bits
    parameter integer OUT_W = 11
) (
    input  wire [A_W-1:0]   a,
    input  wire [B_W-1:0]   b,
    output wire [OUT_W-1:0] y
);

// Width that holds both operands and the result, and an extension of a bit at least
localparam integer A_END = A_W + SHIFT_A;
localparam integer B_END = B_W + SHIFT_B;
localparam integer END = A_END > B_END ? A_END : B_END;
localparam integer WIDE_W = (END > OUT_W ? END : OUT_W) + 1;
// Low bits that are wires
localparam integer PASSED = SHIFT_B > 0 ? SHIFT_B : SUBTRACT != 0 ? 0 : SHIFT_A;
// An operand that ends where the other begins: 1 for a, 2 for b, 0 for none
localparam integer BELOW = SUBTRACT != 0 ? 0 : A_SIGNED == 0 && A_END <= SHIFT_B ? 1 : B_SIGNED == 0 && B_END <= SHIFT_A ? 2 : 0;

wire sign_a = A_SIGNED != 0 && a[A_W-1];
wire sign_b = B_SIGNED != 0 && b[B_W-1];

// The operands, aligned, with a zero below
wire [WIDE_W:0] wide_a = {{(WIDE_W-A_END){sign_a}}, a, {(SHIFT_A+1){1'b0}}};
wire [WIDE_W:0] wide_b = {{(WIDE_W-B_END){sign_b}}, b, {(SHIFT_B+1){1'b0}}};
wire _unused = &{1'b0, wide_a, wide_b};

generate
    if (PASSED > 0) begin : low
        localparam integer LOW_W = PASSED < OUT_W ? PASSED : OUT_W;

        assign y[LOW_W-1:0] = SHIFT_B > 0 ? wide_a[LOW_W:1] : wide_b[LOW_W:1];
    end

    if (PASSED < OUT_W && BELOW != 0) begin : joined
        assign y[OUT_W-1:PASSED] = BELOW == 1 ? wide_b[OUT_W:PASSED+1] : wide_a[OUT_W:PASSED+1];
    end else if (PASSED < OUT_W) begin : high
        wire [OUT_W-PASSED:0] high_a = {wide_a[OUT_W:PASSED+1], 1'b0};
        wire [OUT_W-PASSED:0] high_b = {wide_b[OUT_W:PASSED+1], 1'b0};
        wire [OUT_W-PASSED:0] sum;
        wire _unused_zero = &{1'b0, sum[0]};

        if (SUBTRACT != 0) begin : difference
            assign sum = high_a - high_b;
        end else begin : total
            assign sum = high_a + high_b;
        end

        assign y[OUT_W-1:PASSED] = sum[OUT_W-PASSED:1];
    end
endgenerate

endmodule

`resetall
