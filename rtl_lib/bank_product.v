/*

Streaming product of the tokens of an event with all tokens of a second tensor,
head by head, LANES tokens a beat. Exact.

    OVER_TOKENS = 0: y[h][j] = sum over d of a[h][d] * b_j[h][d]   (scores)
    OVER_TOKENS = 1: y[h][d] = sum over j of a[h][j] * b_j[h][d]   (weighted sums)

for token j of b, d = 0 .. DIM - 1. b is captured into a register bank: each
b_valid takes LANES tokens; with b_last the event is complete. Its tokens of a
come in the BEATS = ceil(TOKENS / LANES) clocks that begin one clock after the
last beat of b. The next event's b may follow at once, gaps are legal.

a [LANES*HEADS*COUNT*A_W] and b [LANES*BANK_HEADS*DIM*B_W] are signed, tokens
first, then heads, then elements; COUNT = OVER_TOKENS ? TOKENS : DIM. Head h of
a meets head h of b, or 0 if BANK_HEADS = 1. y [LANES*HEADS*RESULTS*Y_W] with
RESULTS = OVER_TOKENS ? DIM : TOKENS has the low Y_W bits of the sums.

Steps from a: those of dot_product. Latency from a: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module bank_product #(
    // Tokens of an event
    parameter integer TOKENS = 8,
    // Tokens of a beat
    parameter integer LANES = 2,
    // Heads of a
    parameter integer HEADS = 2,
    // Heads of b: HEADS, or 1 that all share
    parameter integer BANK_HEADS = HEADS,
    // Elements of a token of b in a head
    parameter integer DIM = 4,
    // 0: sums over the elements of a token of b, 1: sums over its tokens
    parameter integer OVER_TOKENS = 0,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // Width of an element of b in bits
    parameter integer B_W = 8,
    // Width of a result in bits, at most A_W + B_W + clog2(COUNT)
    parameter integer Y_W = A_W + B_W,
    // Steps of the products if these are made of LUTs; 0: DSP blocks
    parameter integer LUT_STEPS = 0,
    // As in dot_product; there is none in front of the products
    parameter [31:0] REGISTERS = 0
) (
    input  wire                                                       clk,
    input  wire                                                       b_valid,
    input  wire                                                       b_last,
    input  wire [LANES*BANK_HEADS*DIM*B_W-1:0]                        b,
    input  wire [LANES*HEADS*(OVER_TOKENS != 0 ? TOKENS : DIM)*A_W-1:0] a,
    output wire [LANES*HEADS*(OVER_TOKENS != 0 ? DIM : TOKENS)*Y_W-1:0] y
);

localparam integer COUNT = OVER_TOKENS != 0 ? TOKENS : DIM;
localparam integer RESULTS = OVER_TOKENS != 0 ? DIM : TOKENS;
localparam integer SUM_W = A_W + B_W + $clog2(COUNT);

wire [TOKENS*BANK_HEADS*DIM*B_W-1:0] bank;

token_bank #(
    .TOKENS(TOKENS),
    .LANES(LANES),
    .WIDTH(BANK_HEADS*DIM*B_W)
) bank_inst (
    .clk(clk),
    .valid(b_valid),
    .last(b_last),
    .d(b),
    .bank(bank)
);

genvar h, i, p, r;

generate
    for (h = 0; h < HEADS; h = h + 1) begin : head
        localparam integer BANK_HEAD = BANK_HEADS == 1 ? 0 : h;

        for (r = 0; r < RESULTS; r = r + 1) begin : result
            wire [COUNT*B_W-1:0] column;

            for (i = 0; i < COUNT; i = i + 1) begin : element
                localparam integer TOKEN = OVER_TOKENS != 0 ? i : r;
                localparam integer INDEX = OVER_TOKENS != 0 ? r : i;

                assign column[i*B_W +: B_W] = bank[((TOKEN*BANK_HEADS+BANK_HEAD)*DIM+INDEX)*B_W +: B_W];
            end

            for (p = 0; p < LANES; p = p + 1) begin : lane
                wire [SUM_W-1:0] sum;

                dot_product #(
                    .COUNT(COUNT),
                    .A_W(A_W),
                    .B_W(B_W),
                    .LUT_STEPS(LUT_STEPS),
                    .REGISTERS(REGISTERS)
                ) dot_product_inst (
                    .clk(clk),
                    .a(a[(p*HEADS+h)*COUNT*A_W +: COUNT*A_W]),
                    .b(column),
                    .y(sum)
                );

                assign y[((p*HEADS+h)*RESULTS+r)*Y_W +: Y_W] = sum[Y_W-1:0];

                if (SUM_W > Y_W) begin : spare
                    wire _unused = &{1'b0, sum[SUM_W-1:Y_W]};
                end
            end
        end
    end
endgenerate

endmodule

`resetall
