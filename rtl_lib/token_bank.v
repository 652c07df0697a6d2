/*

The tokens of an event, all readable at once.

Each valid beat shifts LANES tokens in; at valid and last the whole event (the
earlier beats and the one on the wires) is copied to bank, which is readable
from the next clock on and stays until the next event's last beat. So the beats
of the next event may follow at once. There may be gaps between the beats.

An event has BEATS = ceil(TOKENS / LANES) beats. The last beat's lanes beyond
TOKENS are dropped. Token j is at bank[j*WIDTH +: WIDTH].

Latency: 1 clock from the last beat to bank.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module token_bank #(
    // Tokens of an event
    parameter integer TOKENS = 8,
    // Tokens of a beat
    parameter integer LANES = 2,
    // Width of a token in bits
    parameter integer WIDTH = 8
) (
    input  wire                    clk,
    input  wire                    valid,
    input  wire                    last,
    input  wire [LANES*WIDTH-1:0]  d,
    output wire [TOKENS*WIDTH-1:0] bank
);

localparam integer BEATS = (TOKENS + LANES - 1) / LANES;
localparam integer BEAT_W = LANES * WIDTH;

// The whole event at its last beat; the oldest beat stands in the lowest bits.
wire [BEATS*BEAT_W-1:0] event_data;

reg [TOKENS*WIDTH-1:0] bank_reg;

always @(posedge clk) begin
    if (valid && last) begin
        bank_reg <= event_data[TOKENS*WIDTH-1:0];
    end
end

assign bank = bank_reg;

generate
    if (BEATS == 1) begin : single_beat
        assign event_data = d;
    end else begin : many_beats
        reg [(BEATS-1)*BEAT_W-1:0] earlier;

        always @(posedge clk) begin
            if (valid) begin
                earlier <= event_data[BEATS*BEAT_W-1:BEAT_W];
            end
        end

        assign event_data = {d, earlier};
    end

    if (BEATS * LANES > TOKENS) begin : spare_lanes
        wire _unused = &{1'b0, event_data[BEATS*BEAT_W-1:TOKENS*WIDTH]};
    end
endgenerate

endmodule

`resetall
