/*

Stores the tokens of an event, which come IN_LANES a beat and may have gaps, and
sends them contiguously, OUT_LANES a beat: beat i is on out_data 1 + i clocks
after start. Spare lanes of the last beat are 0.

A single bank of TOKENS words: the caller guarantees that every token of a beat
has been written before the beat is read, and that the next event writes it no
earlier than the clock in which it is read.

Latency: the first beat comes one clock after start.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module event_convert #(
    // Tokens of an event
    parameter integer TOKENS = 8,
    // Width of a token in bits
    parameter integer WIDTH = 4,
    // Tokens of a beat that comes in
    parameter integer IN_LANES = 4,
    // Tokens of a beat that goes out
    parameter integer OUT_LANES = 1
) (
    input  wire                       clk,
    input  wire                       rst,

    input  wire                       in_valid,
    input  wire                       in_first,
    input  wire [IN_LANES*WIDTH-1:0]  in_data,

    input  wire                       start,

    output wire [OUT_LANES*WIDTH-1:0] out_data
);

localparam integer IN_BEATS = (TOKENS + IN_LANES - 1) / IN_LANES;
localparam integer OUT_BEATS = (TOKENS + OUT_LANES - 1) / OUT_LANES;
localparam integer IN_W = IN_LANES * WIDTH;
localparam integer OUT_W = OUT_LANES * WIDTH;
// Counters of one state have a bit all the same.
localparam integer WRITE_W = IN_BEATS > 1 ? $clog2(IN_BEATS) : 1;
localparam integer READ_W = OUT_BEATS > 1 ? $clog2(OUT_BEATS) : 1;
localparam integer LAST_WRITE_BEAT = IN_BEATS - 1;
localparam integer LAST_READ_BEAT = OUT_BEATS - 1;
localparam [WRITE_W-1:0] LAST_WRITE = LAST_WRITE_BEAT[WRITE_W-1:0];
localparam [READ_W-1:0] LAST_READ = LAST_READ_BEAT[READ_W-1:0];

reg [WRITE_W-1:0] write_count;
reg [READ_W-1:0] read_count;
reg [IN_BEATS*IN_W-1:0] stored;
reg [OUT_W-1:0] out_data_reg;

wire [WRITE_W-1:0] write_beat = in_first ? {WRITE_W{1'b0}} : write_count;
wire [READ_W-1:0] read_beat = start ? {READ_W{1'b0}} : read_count;

assign out_data = out_data_reg;

genvar i;

generate
    for (i = 0; i < IN_BEATS; i = i + 1) begin : write
        localparam [WRITE_W-1:0] BEAT = i;

        always @(posedge clk) begin
            if (in_valid && write_beat == BEAT) begin
                stored[i*IN_W +: IN_W] <= in_data;
            end
        end
    end
endgenerate

// Beats that go out, one behind the other: whole ones, the last with zeros.
wire [OUT_BEATS*OUT_W-1:0] beats;

generate
    if (OUT_BEATS * OUT_W > TOKENS * WIDTH) begin : padded
        assign beats = {{(OUT_BEATS * OUT_W - TOKENS * WIDTH){1'b0}}, stored[TOKENS*WIDTH-1:0]};
    end else begin : whole
        assign beats = stored[TOKENS*WIDTH-1:0];
    end

    if (IN_BEATS * IN_W > TOKENS * WIDTH) begin : spare_lanes
        wire _unused = &{1'b0, stored[IN_BEATS*IN_W-1:TOKENS*WIDTH]};
    end
endgenerate

// An AND-OR selection, so that a beat beyond the last is 0.
reg [OUT_W-1:0] selected;
integer j;

always @* begin
    selected = {OUT_W{1'b0}};
    for (j = 0; j < OUT_BEATS; j = j + 1) begin
        if (read_beat == j[READ_W-1:0]) begin
            selected = beats[j*OUT_W +: OUT_W];
        end
    end
end

always @(posedge clk) out_data_reg <= selected;

// Both counters stay within their events.
always @(posedge clk) begin
    if (rst) begin
        write_count <= {WRITE_W{1'b0}};
    end else if (in_valid) begin
        write_count <= write_beat == LAST_WRITE ? {WRITE_W{1'b0}} : write_beat + 1'b1;
    end

    if (rst) begin
        read_count <= {READ_W{1'b0}};
    end else begin
        read_count <= read_beat == LAST_READ ? {READ_W{1'b0}} : read_beat + 1'b1;
    end
end

endmodule

`resetall
