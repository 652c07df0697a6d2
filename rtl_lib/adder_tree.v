/*

Sum of COUNT signed values by a balanced tree of two-input adders.

Exact: the sum has IN_W + clog2(COUNT) bits. A level that has an odd number of
values passes the last one on.
Steps: clog2(COUNT) levels. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module adder_tree #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Bit l - 1: a register in front of level l
    parameter [31:0] REGISTERS = 0
) (
    input  wire                          clk,
    input  wire [COUNT*IN_W-1:0]         x,
    output wire [IN_W+$clog2(COUNT)-1:0] sum
);

localparam integer DEPTH = $clog2(COUNT);

genvar l, i;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    // level[l].element[i].node: what is left of the values after l levels. One net an element: simulators are slow on wide buses.
    for (l = 0; l <= DEPTH; l = l + 1) begin : level
        localparam integer NODES = (COUNT + (1 << l) - 1) >> l;
        localparam integer NODE_W = IN_W + l;

        for (i = 0; i < NODES; i = i + 1) begin : element
            wire [NODE_W-1:0] value;
            // The value as the next level sees it
            wire [NODE_W-1:0] node;

            if (l == 0) begin : leaf
                assign value = x[i*IN_W +: IN_W];
            end else begin : adder
                localparam integer SOURCES = (COUNT + (1 << (l-1)) - 1) >> (l-1);

                wire [NODE_W-2:0] a = level[l-1].element[2*i].node;

                if (2*i + 1 < SOURCES) begin : pair
                    wire [NODE_W-2:0] b = level[l-1].element[2*i+1].node;

                    assign value = {a[NODE_W-2], a} + {b[NODE_W-2], b};
                end else begin : odd
                    assign value = {a[NODE_W-2], a};
                end
            end

            if (l < DEPTH && REGISTERS[l]) begin : registered
                reg [NODE_W-1:0] value_reg;

                always @(posedge clk) value_reg <= value;

                assign node = value_reg;
            end else begin : unregistered
                assign node = value;
            end
        end
    end
endgenerate

assign sum = level[DEPTH].element[0].node;

endmodule

`resetall
