/*

Sum of COUNT squares in LUTs: y = sum a_i^2. A single square of up to six bits is
a table, else there is one heap of rows (row_heap), half of those of products.

Steps: STEPS; 1 for a table, else from clog2(rows) to rows - 1, at least 1; rows
is COUNT * max(1, floor((bits - 1) / 2)), bits A_W and a zero on top if a is
unsigned. More steps are fewer LUTs. Latency: ones in REGISTERS.

a: signed or unsigned by parameter; y: unsigned, 2 * A_W + clog2(COUNT) bits, at
most 60. Twin: primitives/lut_multiply.hpp.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module lut_square #(
    // Number of squares
    parameter integer COUNT = 1,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Steps
    parameter integer STEPS = 2,
    // Bit i: a register in front of step i
    parameter [STEPS-1:0] REGISTERS = {STEPS{1'b0}}
) (
    input  wire                           clk,
    input  wire [COUNT*A_W-1:0]           a,
    output wire [2*A_W+$clog2(COUNT)-1:0] y
);

generate
    if (COUNT == 1 && A_W <= 6) begin : tabled
        wire [A_W-1:0] a_now;

        delay_line #(
            .WIDTH(A_W),
            .DEPTH(REGISTERS[0] ? 1 : 0)
        ) delay_line_inst (
            .clk(clk),
            .d(a),
            .q(a_now)
        );

        square_table #(
            .A_W(A_W),
            .A_SIGNED(A_SIGNED)
        ) square_table_inst (
            .a(a_now),
            .carry(1'b0),
            .y(y)
        );
    end else begin : heap_of_rows
        row_heap #(
            .COUNT(COUNT),
            .SQUARE(1),
            .A_W(A_W),
            .A_SIGNED(A_SIGNED),
            .B_W(1),
            .B_SIGNED(0),
            .STEPS(STEPS),
            .REGISTERS(REGISTERS)
        ) row_heap_inst (
            .clk(clk),
            .a(a),
            .b({COUNT{1'b0}}),
            .y(y)
        );
    end
endgenerate

endmodule

`resetall
