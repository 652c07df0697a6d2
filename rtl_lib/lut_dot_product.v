/*

Dot product of two vectors of COUNT values in LUTs: y = sum a_i * b_i, as one
heap of rows (row_heap). The operand that makes fewer rows is recoded.

Steps: STEPS, an adder each, from clog2(rows) to rows - 1, at least 1; rows is
COUNT * ceil(bits / 2), bits those of the recoded operand and a zero on top if it
is unsigned. More steps are fewer LUTs. Latency: ones in REGISTERS.

a, b: signed or unsigned by parameter; y: exact, A_W + B_W + clog2(COUNT) bits,
at most 60, unsigned if both are. Twin: primitives/lut_multiply.hpp.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module lut_dot_product #(
    // Number of elements
    parameter integer COUNT = 8,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Width of an element of b in bits
    parameter integer B_W = 8,
    // 1: b is signed, 0: unsigned
    parameter integer B_SIGNED = 1,
    // Steps
    parameter integer STEPS = 5,
    // Bit i: a register in front of step i
    parameter [STEPS-1:0] REGISTERS = {STEPS{1'b0}}
) (
    input  wire                             clk,
    input  wire [COUNT*A_W-1:0]             a,
    input  wire [COUNT*B_W-1:0]             b,
    output wire [A_W+B_W+$clog2(COUNT)-1:0] y
);

// Bits to recode; a single signed bit counts twice
localparam integer A_BITS = A_SIGNED == 0 ? A_W + 1 : A_W > 1 ? A_W : 2;
localparam integer B_BITS = B_SIGNED == 0 ? B_W + 1 : B_W > 1 ? B_W : 2;

generate
    // Of as many rows those of an odd number of bits: none of them need be computed whole.
    if (A_BITS < B_BITS && ((A_BITS + 1) / 2 < (B_BITS + 1) / 2 || A_BITS % 2 != 0)) begin : recode_a
        row_heap #(
            .COUNT(COUNT),
            .A_W(B_W),
            .A_SIGNED(B_SIGNED),
            .B_W(A_W),
            .B_SIGNED(A_SIGNED),
            .STEPS(STEPS),
            .REGISTERS(REGISTERS)
        ) row_heap_inst (
            .clk(clk),
            .a(b),
            .b(a),
            .y(y)
        );
    end else begin : recode_b
        row_heap #(
            .COUNT(COUNT),
            .A_W(A_W),
            .A_SIGNED(A_SIGNED),
            .B_W(B_W),
            .B_SIGNED(B_SIGNED),
            .STEPS(STEPS),
            .REGISTERS(REGISTERS)
        ) row_heap_inst (
            .clk(clk),
            .a(a),
            .b(b),
            .y(y)
        );
    end
endgenerate

endmodule

`resetall
