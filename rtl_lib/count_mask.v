/*

Mask from the number of tokens: mask[p] = beat * LANES + p < in_count, where
in_count (unsigned) is taken at the first beat.

Latency: 1.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module count_mask #(
    // Tokens of an event
    parameter integer TOKENS = 16,
    // Tokens of a beat
    parameter integer LANES = 4,
    // Width of in_count in bits
    parameter integer COUNT_W = 5
) (
    input  wire               clk,
    input  wire               rst,

    input  wire               in_valid,
    input  wire               in_first,
    input  wire [COUNT_W-1:0] in_count,

    output wire [LANES-1:0]   mask
);

localparam integer BEATS = (TOKENS + LANES - 1) / LANES;
// Tokens are numbered up to BEATS * LANES - 1.
localparam integer TOKEN_W = $clog2(BEATS * LANES + 1);
localparam integer COMPARE_W = TOKEN_W > COUNT_W ? TOKEN_W : COUNT_W;

wire [COMPARE_W-1:0] base;
wire [COUNT_W-1:0] count;
wire [COMPARE_W-1:0] limit;

reg [LANES-1:0] mask_reg;

genvar p;

generate
    if (BEATS == 1) begin : single
        wire _unused = &{1'b0, rst, in_valid, in_first};

        assign base = {COMPARE_W{1'b0}};
        assign count = in_count;
    end else begin : several
        localparam integer LAST_BASE = (BEATS - 1) * LANES;
        localparam [COMPARE_W-1:0] LAST = LAST_BASE[COMPARE_W-1:0];
        localparam [COMPARE_W-1:0] STEP = LANES[COMPARE_W-1:0];

        reg [COMPARE_W-1:0] base_reg;
        reg [COUNT_W-1:0] count_reg;

        assign base = in_first ? {COMPARE_W{1'b0}} : base_reg;
        assign count = in_first ? in_count : count_reg;

        always @(posedge clk) begin
            if (rst) begin
                base_reg <= {COMPARE_W{1'b0}};
            end else if (in_valid) begin
                base_reg <= base == LAST ? {COMPARE_W{1'b0}} : base + STEP;
            end

            if (in_valid) begin
                count_reg <= count;
            end
        end
    end

    if (COMPARE_W > COUNT_W) begin : extended
        assign limit = {{(COMPARE_W-COUNT_W){1'b0}}, count};
    end else begin : same
        assign limit = count;
    end

    for (p = 0; p < LANES; p = p + 1) begin : lane
        localparam integer LANE = p;
        localparam [COMPARE_W-1:0] OFFSET = LANE[COMPARE_W-1:0];

        always @(posedge clk) mask_reg[p] <= base + OFFSET < limit;
    end
endgenerate

assign mask = mask_reg;

endmodule

`resetall
