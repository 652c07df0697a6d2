/*

Maximum of COUNT signed values by a balanced tree of two-input compares.

A level that has an odd number of values passes the last one on. There are
C = max(1, LEVELS/2) compares between two registers.
Latency: ceil(clog2(COUNT) / C), 0 (a wire) for COUNT = 1.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module max_tree #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                  clk,
    input  wire [COUNT*IN_W-1:0] x,
    output wire [IN_W-1:0]       y
);

localparam integer DEPTH = $clog2(COUNT);
localparam integer COMPARES = LEVELS < 2 ? 1 : LEVELS / 2;

genvar l, i;

generate
    if (DEPTH == 0) begin : wired
        wire _unused = &{1'b0, clk};
    end

    // level[l].node: what is left of the values after l levels
    for (l = 0; l <= DEPTH; l = l + 1) begin : level
        localparam integer NODES = (COUNT + (1 << l) - 1) >> l;

        wire [NODES*IN_W-1:0] node;

        if (l == 0) begin : leaves
            assign node = x;
        end else begin : compares
            localparam integer SOURCES = (COUNT + (1 << (l-1)) - 1) >> (l-1);

            wire [NODES*IN_W-1:0] winner;

            for (i = 0; i < NODES; i = i + 1) begin : element
                wire signed [IN_W-1:0] a = level[l-1].node[2*i*IN_W +: IN_W];

                if (2*i + 1 < SOURCES) begin : pair
                    wire signed [IN_W-1:0] b = level[l-1].node[(2*i+1)*IN_W +: IN_W];

                    assign winner[i*IN_W +: IN_W] = b > a ? b : a;
                end else begin : odd
                    assign winner[i*IN_W +: IN_W] = a;
                end
            end

            if (l % COMPARES == 0 || l == DEPTH) begin : registered
                reg [NODES*IN_W-1:0] winner_reg;

                always @(posedge clk) winner_reg <= winner;

                assign node = winner_reg;
            end else begin : unregistered
                assign node = winner;
            end
        end
    end
endgenerate

assign y = level[DEPTH].node;

endmodule

`resetall
