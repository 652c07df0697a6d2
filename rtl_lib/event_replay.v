/*

Stores the beats of an event, which may come with gaps, and sends them
contiguously: beat i is on out_data 1 + i clocks after start.

A single bank of BEATS words: the caller guarantees that beat i has been written
before it is read, and that the next event's beat i is written no earlier than
the clock in which it is read. For BEATS = 1 there is no memory: out_data is
in_data of one clock before.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module event_replay #(
    // Width of a beat in bits
    parameter integer WIDTH = 8,
    // Beats of an event
    parameter integer BEATS = 4
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             in_valid,
    input  wire             in_first,
    input  wire [WIDTH-1:0] in_data,

    input  wire             start,

    output wire [WIDTH-1:0] out_data
);

reg [WIDTH-1:0] out_data_reg;

assign out_data = out_data_reg;

generate
    if (BEATS == 1) begin : single
        wire _unused = &{1'b0, rst, in_valid, in_first, start};

        always @(posedge clk) out_data_reg <= in_data;
    end else begin : memory
        localparam integer BEAT_W = $clog2(BEATS);
        localparam integer LAST_BEAT = BEATS - 1;
        localparam [BEAT_W-1:0] LAST = LAST_BEAT[BEAT_W-1:0];

        reg [WIDTH-1:0] mem [0:BEATS-1];

        reg [BEAT_W-1:0] write_count;
        reg [BEAT_W-1:0] read_count;

        wire [BEAT_W-1:0] write_beat = in_first ? {BEAT_W{1'b0}} : write_count;
        wire [BEAT_W-1:0] read_beat = start ? {BEAT_W{1'b0}} : read_count;

        always @(posedge clk) begin
            if (in_valid) begin
                mem[write_beat] <= in_data;
            end

            out_data_reg <= mem[read_beat];
        end

        // Both counters stay within the memory.
        always @(posedge clk) begin
            if (rst) begin
                write_count <= {BEAT_W{1'b0}};
            end else if (in_valid) begin
                write_count <= write_beat == LAST ? {BEAT_W{1'b0}} : write_beat + 1'b1;
            end

            if (rst) begin
                read_count <= {BEAT_W{1'b0}};
            end else begin
                read_count <= read_beat == LAST ? {BEAT_W{1'b0}} : read_beat + 1'b1;
            end
        end
    end
endgenerate

endmodule

`resetall
