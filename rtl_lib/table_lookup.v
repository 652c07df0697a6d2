/*

table_lookup: y = TABLE[index], a small read-only table

Latency: 0 (combinational)

index: unsigned INDEX_W bits (INDEX_W = 0: one entry, index is ignored)
y:     OUT_W bits

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module table_lookup #(
    // Bits of the index
    parameter integer INDEX_W = 4,
    // Bits of an entry
    parameter integer OUT_W = 8,
    // Entry i at [i*OUT_W +: OUT_W]
    parameter [2**INDEX_W*OUT_W-1:0] TABLE = 0
) (
    input  wire [(INDEX_W > 0 ? INDEX_W : 1)-1:0] index,
    output wire [OUT_W-1:0]                       y
);

generate
    if (INDEX_W == 0) begin : single

        wire _unused = &{1'b0, index};

        assign y = TABLE;

    end else begin : many

        reg [OUT_W-1:0] entries [0:2**INDEX_W-1];

        integer i;

        initial begin
            for (i = 0; i < 2**INDEX_W; i = i + 1) begin
                entries[i] = TABLE[i*OUT_W +: OUT_W];
            end
        end

        assign y = entries[index];

    end
endgenerate

endmodule

`resetall
