/*

Sum of COUNT signed values by a balanced tree of two-input adders.

Exact: the sum has IN_W + clog2(COUNT) bits. A level that has an odd number of
values passes the last one on.
Latency: ceil(clog2(COUNT) / LEVELS), 0 (a wire) for COUNT = 1.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module adder_tree #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                          clk,
    input  wire [COUNT*IN_W-1:0]         x,
    output wire [IN_W+$clog2(COUNT)-1:0] sum
);

localparam integer DEPTH = $clog2(COUNT);

genvar l, i;

generate
    if (DEPTH == 0) begin : wired
        wire _unused = &{1'b0, clk};
    end

    // level[l].element[i].node: what is left of the values after l levels. One net an element: simulators are slow on wide buses.
    for (l = 0; l <= DEPTH; l = l + 1) begin : level
        localparam integer NODES = (COUNT + (1 << l) - 1) >> l;
        localparam integer NODE_W = IN_W + l;

        for (i = 0; i < NODES; i = i + 1) begin : element
            wire [NODE_W-1:0] node;

            if (l == 0) begin : leaf
                assign node = x[i*IN_W +: IN_W];
            end else begin : adder
                localparam integer SOURCES = (COUNT + (1 << (l-1)) - 1) >> (l-1);

                wire [NODE_W-2:0] a = level[l-1].element[2*i].node;
                wire [NODE_W-1:0] total;

                if (2*i + 1 < SOURCES) begin : pair
                    wire [NODE_W-2:0] b = level[l-1].element[2*i+1].node;

                    assign total = {a[NODE_W-2], a} + {b[NODE_W-2], b};
                end else begin : odd
                    assign total = {a[NODE_W-2], a};
                end

                if (l % LEVELS == 0 || l == DEPTH) begin : registered
                    reg [NODE_W-1:0] total_reg;

                    always @(posedge clk) total_reg <= total;

                    assign node = total_reg;
                end else begin : unregistered
                    assign node = total;
                end
            end
        end
    end
endgenerate

assign sum = level[DEPTH].element[0].node;

endmodule

`resetall
