/*

One adder of three operands of an adder graph:
y = (a << SHIFT_A) + (b << SHIFT_B) + (c << SHIFT_C), or minus the last one,
or minus the last two.
Combinational.

Operands are signed or unsigned by parameter; y is the low OUT_W bits of the
exact result, so it may be read as either. Whoever instantiates the module
knows from interval analysis how many bits are enough.

Result bits below the lowest bits of two operands are wires to the third one,
unless that is negated. The rest is one expression of three operands as wide
as the result, in which synthesis tools for devices with ternary adders see
one: a LUT a bit that adds three, and a carry chain. Tools that know none
build two adders. To negate takes a one at the lowest bit: the first is the
carry into the chain, the second what the LUT below would hand on.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module shift_add3 #(
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
    parameter integer SHIFT_B = 1,
    // Width of c in bits
    parameter integer C_W = 8,
    // 1: c is signed, 0: unsigned
    parameter integer C_SIGNED = 1,
    // Left shift of c
    parameter integer SHIFT_C = 2,
    // 0: all are added, 1: the shifted c is subtracted, 2: the shifted b and c
    parameter integer SUBTRACT = 0,
    // Width of the result in bits
    parameter integer OUT_W = 12
) (
    input  wire [A_W-1:0]   a,
    input  wire [B_W-1:0]   b,
    input  wire [C_W-1:0]   c,
    output wire [OUT_W-1:0] y
);

// Width that holds all operands and the result, and an extension of a bit at least
localparam integer A_END = A_W + SHIFT_A;
localparam integer B_END = B_W + SHIFT_B;
localparam integer C_END = C_W + SHIFT_C;
localparam integer AB_END = A_END > B_END ? A_END : B_END;
localparam integer END = AB_END > C_END ? AB_END : C_END;
localparam integer WIDE_W = (END > OUT_W ? END : OUT_W) + 1;
// The lower one of two shifts
localparam integer LOW_AB = SHIFT_A < SHIFT_B ? SHIFT_A : SHIFT_B;
localparam integer LOW_AC = SHIFT_A < SHIFT_C ? SHIFT_A : SHIFT_C;
localparam integer LOW_BC = SHIFT_B < SHIFT_C ? SHIFT_B : SHIFT_C;
// Low bits that are wires to b, or to c, where these are added, and to any operand
localparam integer PASSED_ADDED = SHIFT_B <= LOW_AC ? LOW_AC : SUBTRACT != 0 ? SHIFT_C : LOW_AB;
localparam integer PASSED = SHIFT_A <= LOW_BC || SUBTRACT == 2 ? LOW_BC : PASSED_ADDED;

wire sign_a = A_SIGNED != 0 && a[A_W-1];
wire sign_b = B_SIGNED != 0 && b[B_W-1];
wire sign_c = C_SIGNED != 0 && c[C_W-1];

// The operands, aligned, with a zero below
wire [WIDE_W:0] wide_a = {{(WIDE_W-A_END){sign_a}}, a, {(SHIFT_A+1){1'b0}}};
wire [WIDE_W:0] wide_b = {{(WIDE_W-B_END){sign_b}}, b, {(SHIFT_B+1){1'b0}}};
wire [WIDE_W:0] wide_c = {{(WIDE_W-C_END){sign_c}}, c, {(SHIFT_C+1){1'b0}}};
wire _unused = &{1'b0, wide_a, wide_b, wide_c};

generate
    if (PASSED > 0) begin : low
        localparam integer LOW_W = PASSED < OUT_W ? PASSED : OUT_W;

        // All but one of them are zero there
        assign y[LOW_W-1:0] = wide_a[LOW_W:1] | wide_b[LOW_W:1] | wide_c[LOW_W:1];
    end

    if (PASSED < OUT_W) begin : high
        wire [OUT_W-1:PASSED] high_a = wide_a[OUT_W:PASSED+1];
        wire [OUT_W-1:PASSED] high_b = wide_b[OUT_W:PASSED+1];
        wire [OUT_W-1:PASSED] high_c = wide_c[OUT_W:PASSED+1];

        if (SUBTRACT == 2) begin : differences
            assign y[OUT_W-1:PASSED] = high_a - high_b - high_c;
        end else if (SUBTRACT != 0) begin : difference
            assign y[OUT_W-1:PASSED] = high_a + high_b - high_c;
        end else begin : total
            assign y[OUT_W-1:PASSED] = high_a + high_b + high_c;
        end
    end
endgenerate

endmodule

`resetall
