/*

Function of a number that changes at a few places only: a binary search among
the places, then a table of the values between them.

    y = VALUES[number of thresholds t with t <= x]

x: signed, IN_W bits. y: OUT_W bits, as they stand in the table.

A step of the search is a comparison with the threshold that the steps before
choose: up to 32 thresholds, their choice fits into the comparison's own LUTs.
Steps: the DEPTH of the search, the table of values.
Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module step_table #(
    // Width of x in bits
    parameter integer IN_W = 8,
    // Steps of the search, >= 1: there are 2^DEPTH-1 thresholds
    parameter integer DEPTH = 3,
    // Width of a value in bits
    parameter integer OUT_W = 8,
    // Bit s: a register in front of step s
    parameter [31:0] REGISTERS = 0,
    // Signed thresholds in the order of a search: the middle one, the two
    // middle ones of the halves, and so on; number i at [i*IN_W +: IN_W]
    parameter [(2**DEPTH-1)*IN_W-1:0] THRESHOLDS = 0,
    // Value i at [i*OUT_W +: OUT_W]
    parameter [2**DEPTH*OUT_W-1:0] VALUES = 0
) (
    input  wire             clk,
    input  wire [IN_W-1:0]  x,
    output wire [OUT_W-1:0] y
);

genvar s;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    // step[s].reached: the upper s bits of the number of thresholds, as step s sees them
    for (s = 0; s <= DEPTH; s = s + 1) begin : step
        localparam integer FOUND_W = s == 0 ? 1 : s;

        wire [FOUND_W-1:0] reached;

        if (s == 0) begin : entry
            assign reached = 1'b0;
        end else begin : compare
            wire [IN_W-1:0] threshold;
            wire [FOUND_W-1:0] found;

            table_lookup #(
                .INDEX_W(s-1),
                .OUT_W(IN_W),
                .TABLE(THRESHOLDS[(2**(s-1)-1)*IN_W +: 2**(s-1)*IN_W])
            ) threshold_inst (
                .index(step[s-1].reached),
                .y(threshold)
            );

            wire above = step[s-1].kept.number >= $signed(threshold);

            if (s == 1) begin : first_bit
                assign found = above;
            end else begin : more_bits
                assign found = {step[s-1].reached, above};
            end

            delay_line #(
                .WIDTH(FOUND_W),
                .DEPTH(REGISTERS[s] ? 1 : 0)
            ) found_delay_inst (
                .clk(clk),
                .d(found),
                .q(reached)
            );
        end

        if (s < DEPTH) begin : kept
            wire [IN_W-1:0] number_before;
            wire signed [IN_W-1:0] number;

            if (s == 0) begin : first
                assign number_before = x;
            end else begin : later
                assign number_before = step[s-1].kept.number;
            end

            delay_line #(
                .WIDTH(IN_W),
                .DEPTH(REGISTERS[s] ? 1 : 0)
            ) number_delay_inst (
                .clk(clk),
                .d(number_before),
                .q(number)
            );
        end
    end
endgenerate

table_lookup #(
    .INDEX_W(DEPTH),
    .OUT_W(OUT_W),
    .TABLE(VALUES)
) value_inst (
    .index(step[DEPTH].reached),
    .y(y)
);

endmodule

`resetall
