/*

Maximum of COUNT signed values by a balanced tree of two-input compares.

A level that has an odd number of values passes the last one on.
Steps: clog2(COUNT) levels. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module max_tree #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Bit l - 1: a register in front of level l
    parameter [31:0] REGISTERS = 0
) (
    input  wire                  clk,
    input  wire [COUNT*IN_W-1:0] x,
    output wire [IN_W-1:0]       y
);

localparam integer DEPTH = $clog2(COUNT);

genvar l, i;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    // level[l]: what is left of the values after l levels
    for (l = 0; l <= DEPTH; l = l + 1) begin : level
        localparam integer NODES = (COUNT + (1 << l) - 1) >> l;

        wire [NODES*IN_W-1:0] value;
        // The values as the next level sees them
        wire [NODES*IN_W-1:0] node;

        if (l == 0) begin : leaves
            assign value = x;
        end else begin : compares
            localparam integer SOURCES = (COUNT + (1 << (l-1)) - 1) >> (l-1);

            for (i = 0; i < NODES; i = i + 1) begin : element
                wire signed [IN_W-1:0] a = level[l-1].node[2*i*IN_W +: IN_W];

                if (2*i + 1 < SOURCES) begin : pair
                    wire signed [IN_W-1:0] b = level[l-1].node[(2*i+1)*IN_W +: IN_W];

                    assign value[i*IN_W +: IN_W] = b > a ? b : a;
                end else begin : odd
                    assign value[i*IN_W +: IN_W] = a;
                end
            end
        end

        if (l < DEPTH && REGISTERS[l]) begin : registered
            reg [NODES*IN_W-1:0] value_reg;

            always @(posedge clk) value_reg <= value;

            assign node = value_reg;
        end else begin : unregistered
            assign node = value;
        end
    end
endgenerate

assign y = level[DEPTH].node;

endmodule

`resetall
