/*

leading_zeros: count = min(leading zeros of x in WIDTH bits, LIMIT); LIMIT for x = 0

Latency: 0 (combinational)

x:     unsigned WIDTH bits
count: unsigned max(1, clog2(LIMIT+1)) bits

A binary tree: a node that covers twice the bits of its halves counts on in
the lower half where the upper half is zero.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module leading_zeros #(
    // Bits of the input
    parameter integer WIDTH = 8,
    // The largest count
    parameter integer LIMIT = WIDTH
) (
    input  wire [WIDTH-1:0]                             x,
    output wire [(LIMIT > 0 ? $clog2(LIMIT+1) : 1)-1:0] count
);

localparam integer COUNT_W = LIMIT > 0 ? $clog2(LIMIT+1) : 1;
localparam integer LEAVES = 2**COUNT_W;
localparam [COUNT_W-1:0] ONE = 1;

generate
    if (LIMIT == 0) begin : constant

        wire _unused = &{1'b0, x};

        assign count = 1'b0;

    end else begin : tree

        // Leaf 0 is the top bit of x; a one at leaf LIMIT ends every count.
        wire [LEAVES-1:0] leaf_zero;

        genvar g;

        for (g = 0; g < LEAVES; g = g + 1) begin : leaves
            if (g >= LIMIT) begin : end_mark
                assign leaf_zero[g] = 1'b0;
            end else if (g >= WIDTH) begin : below_x
                assign leaf_zero[g] = 1'b1;
            end else begin : bit_of_x
                assign leaf_zero[g] = !x[WIDTH-1-g];
            end
        end

        if (LIMIT < WIDTH) begin : low_bits
            wire _unused = &{1'b0, x[WIDTH-1-LIMIT:0]};
        end

        // The nodes of a level overwrite those of the level below, in place.
        reg [LEAVES-1:0]         zero;
        reg [LEAVES*COUNT_W-1:0] counts;

        integer level;
        integer node;

        always @* begin
            zero = leaf_zero;
            counts = {LEAVES*COUNT_W{1'b0}};
            for (level = 0; level < COUNT_W; level = level + 1) begin
                for (node = 0; node < (LEAVES >> (level+1)); node = node + 1) begin
                    if (zero[2*node]) begin
                        counts[node*COUNT_W +: COUNT_W] = counts[(2*node+1)*COUNT_W +: COUNT_W] | (ONE << level);
                    end else begin
                        counts[node*COUNT_W +: COUNT_W] = counts[2*node*COUNT_W +: COUNT_W];
                    end
                    zero[node] = zero[2*node] && zero[2*node+1];
                end
            end
        end

        assign count = counts[COUNT_W-1:0];

    end
endgenerate

endmodule

`resetall
