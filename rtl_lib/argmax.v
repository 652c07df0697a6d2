/*

Index of the maximum of COUNT signed values, of the first one if several are
equal, by a balanced tree of two-input compares.

index is unsigned, max(1, clog2(COUNT)) bits, with a zero on top.
Steps: clog2(COUNT) levels. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module argmax #(
    // Number of values
    parameter integer COUNT = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // Bit l - 1: a register in front of level l
    parameter [31:0] REGISTERS = 0
) (
    input  wire                                     clk,
    input  wire [COUNT*IN_W-1:0]                    x,
    output wire [(COUNT > 1 ? $clog2(COUNT) : 1):0] index
);

localparam integer DEPTH = $clog2(COUNT);
localparam integer INDEX_W = COUNT > 1 ? DEPTH : 1;

genvar l, i;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    // level[l].value, level[l].index_of: what is left of the values after l levels, and their indices
    for (l = 0; l <= DEPTH; l = l + 1) begin : level
        localparam integer NODES = (COUNT + (1 << l) - 1) >> l;

        wire [NODES*IN_W-1:0] value;
        wire [NODES*INDEX_W-1:0] index_of;
        // Both as the next level sees them
        wire [NODES*IN_W-1:0] node;
        wire [NODES*INDEX_W-1:0] place;

        if (l == 0) begin : leaves
            assign value = x;

            for (i = 0; i < NODES; i = i + 1) begin : element
                localparam integer NUMBER = i;
                localparam [INDEX_W-1:0] PLACE = NUMBER[INDEX_W-1:0];

                assign index_of[i*INDEX_W +: INDEX_W] = PLACE;
            end
        end else begin : compares
            localparam integer SOURCES = (COUNT + (1 << (l-1)) - 1) >> (l-1);

            for (i = 0; i < NODES; i = i + 1) begin : element
                wire signed [IN_W-1:0] a = level[l-1].node[2*i*IN_W +: IN_W];
                wire [INDEX_W-1:0] a_place = level[l-1].place[2*i*INDEX_W +: INDEX_W];

                if (2*i + 1 < SOURCES) begin : pair
                    wire signed [IN_W-1:0] b = level[l-1].node[(2*i+1)*IN_W +: IN_W];
                    wire [INDEX_W-1:0] b_place = level[l-1].place[(2*i+1)*INDEX_W +: INDEX_W];

                    wire later = b > a;

                    assign value[i*IN_W +: IN_W] = later ? b : a;
                    assign index_of[i*INDEX_W +: INDEX_W] = later ? b_place : a_place;
                end else begin : odd
                    assign value[i*IN_W +: IN_W] = a;
                    assign index_of[i*INDEX_W +: INDEX_W] = a_place;
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

        // The leaves' indices are constants.
        if (l > 0 && l < DEPTH && REGISTERS[l]) begin : registered_place
            reg [NODES*INDEX_W-1:0] place_reg;

            always @(posedge clk) place_reg <= index_of;

            assign place = place_reg;
        end else begin : unregistered_place
            assign place = index_of;
        end
    end
endgenerate

// The maximum itself is not asked for.
wire _unused_maximum = &{1'b0, level[DEPTH].node};

assign index = {1'b0, level[DEPTH].place};

endmodule

`resetall
