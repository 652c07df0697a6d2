/*

Function of a number that changes at a few places only: a binary search among
the places, then a table of the values between them.

    y = VALUES[number of thresholds t with t <= x]

x: signed, IN_W bits. y: OUT_W bits, as they stand in the table.

There are C = max(1, LEVELS/2) steps of the search between two registers.
Latency: ceil(DEPTH / C) + 1 (the values).

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
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1,
    // Signed thresholds in the order of a search: the middle one, the two
    // middle ones of the halves, and so on; number i at [i*IN_W +: IN_W]
    parameter [(2**DEPTH-1)*IN_W-1:0] THRESHOLDS = 0,
    // Value i at [i*OUT_W +: OUT_W]
    parameter [2**DEPTH*OUT_W-1:0] VALUES = 0
) (
    input  wire             clk,
    input  wire [IN_W-1:0]  x,
    output reg  [OUT_W-1:0] y
);

localparam integer COMPARES = LEVELS < 2 ? 1 : LEVELS / 2;

wire [OUT_W-1:0] value;

genvar s;

generate
    // step[s].found: the upper s bits of the number of thresholds
    for (s = 0; s <= DEPTH; s = s + 1) begin : step
        localparam integer FOUND_W = s == 0 ? 1 : s;

        wire [FOUND_W-1:0] found;

        if (s < DEPTH) begin : searched
            wire signed [IN_W-1:0] number;
        end

        if (s == 0) begin : entry
            assign found = 1'b0;
            assign step[s].searched.number = x;
        end else begin : compare
            wire [IN_W-1:0] threshold;

            table_lookup #(
                .INDEX_W(s-1),
                .OUT_W(IN_W),
                .TABLE(THRESHOLDS[(2**(s-1)-1)*IN_W +: 2**(s-1)*IN_W])
            ) threshold_inst (
                .index(step[s-1].found),
                .y(threshold)
            );

            wire reached = step[s-1].searched.number >= $signed(threshold);
            wire [FOUND_W-1:0] next;

            if (s == 1) begin : first_bit
                assign next = reached;
            end else begin : more_bits
                assign next = {step[s-1].found, reached};
            end

            if (s % COMPARES == 0 || s == DEPTH) begin : registered
                reg [FOUND_W-1:0] found_reg;

                always @(posedge clk) found_reg <= next;

                assign found = found_reg;

                if (s < DEPTH) begin : kept
                    reg [IN_W-1:0] number_reg;

                    always @(posedge clk) number_reg <= step[s-1].searched.number;

                    assign step[s].searched.number = number_reg;
                end
            end else begin : unregistered
                assign found = next;
                assign step[s].searched.number = step[s-1].searched.number;
            end
        end
    end
endgenerate

table_lookup #(
    .INDEX_W(DEPTH),
    .OUT_W(OUT_W),
    .TABLE(VALUES)
) value_inst (
    .index(step[DEPTH].found),
    .y(value)
);

always @(posedge clk) y <= value;

endmodule

`resetall
