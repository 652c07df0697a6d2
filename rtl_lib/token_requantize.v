/*

Change of the number format of one value, to another format in every beat:
requantize with the format that the beat selects.

x is signed, IN_W bits. It is shifted left by LIFT into a word of WORK_W bits,
which also holds every format with room for rounding. A format is told by words
of that width:

    dropped: the low bits that the format does not have (ones from bit 0 on)
    above:   the bits that are all equal where a rounded value fits, the sign
             bit of a signed format among them (ones up to the top bit)

All formats share one adder and one limiter; only the words change. The result
stays where it is in the word: y is its OUT_W bits from DROP on, signed.

Steps: rounding (the beat's format is told in front of it), fitting.
Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module token_requantize #(
    // Bits of the number of a beat
    parameter integer BEAT_W = 2,
    // Bits of the number of a format
    parameter integer FORMAT_W = 1,
    // Width of x in bits
    parameter integer IN_W = 16,
    // Left shift of x, >= 0
    parameter integer LIFT = 0,
    // Width of the word in bits, > IN_W + LIFT
    parameter integer WORK_W = 18,
    // Low bits of the word that no format has
    parameter integer DROP = 8,
    // Width of the result in bits, <= WORK_W - DROP
    parameter integer OUT_W = 8,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // 1: negative inputs become 0 first
    parameter integer RELU = 0,
    // Bit 0: a register in front of the rounding, bit 1: in front of the fitting
    parameter [31:0] REGISTERS = 0,
    // The format of beat b at [b*FORMAT_W +: FORMAT_W]
    parameter [2**BEAT_W*FORMAT_W-1:0] SELECT = 0,
    // Of each format, from bit 0 on: dropped, above, 1: signed, 1: no bits at all (the result is 0)
    parameter [2**FORMAT_W*(2*WORK_W+2)-1:0] FORMATS = 0
) (
    input  wire              clk,
    input  wire [BEAT_W-1:0] beat,
    input  wire [IN_W-1:0]   x,
    output wire [OUT_W-1:0]  y
);

// An entry of FORMATS
localparam integer WORDS_W = 2*WORK_W + 2;

wire [FORMAT_W-1:0] selected;
wire [FORMAT_W-1:0] format;
wire [FORMAT_W-1:0] fitted_format;
wire [IN_W-1:0] exact_x;
wire [WORK_W-1:0] dropped;

wire [WORK_W-1:0] wide = {{(WORK_W-IN_W){exact_x[IN_W-1]}}, exact_x} << LIFT;
wire [WORK_W-1:0] value = RELU != 0 ? wide & {WORK_W{~exact_x[IN_W-1]}} : wide;
wire below_zero = value[WORK_W-1];

wire [WORK_W-1:0] addend;
wire carry;
wire [WORK_W-1:0] sum;
wire [WORK_W-1:0] rounded;
wire [WORK_W-1:0] fitted;
wire [WORK_W-1:0] result;

// The beat's format
table_lookup #(
    .INDEX_W(BEAT_W),
    .OUT_W(FORMAT_W),
    .TABLE(SELECT)
) select_inst (
    .index(beat),
    .y(selected)
);

delay_line #(
    .WIDTH(IN_W + FORMAT_W),
    .DEPTH(REGISTERS[0] ? 1 : 0)
) x_delay_inst (
    .clk(clk),
    .d({x, selected}),
    .q({exact_x, format})
);

wire [WORDS_W-WORK_W-1:0] unused_words;
wire _unused_words = &{1'b0, unused_words};

table_lookup #(
    .INDEX_W(FORMAT_W),
    .OUT_W(WORDS_W),
    .TABLE(FORMATS)
) rounded_format_inst (
    .index(format),
    .y({unused_words, dropped})
);

// Round: add what makes the floor of the sum the rounded value
wire [WORK_W-1:0] below = dropped >> 1;
wire any_dropped = dropped[0];

generate
    if (ROUNDING == 0) begin : floor
        wire _unused = &{1'b0, below, any_dropped, below_zero};

        assign addend = {WORK_W{1'b0}};
        assign carry = 1'b0;
    end else if (ROUNDING == 1) begin : half_up
        wire _unused = &{1'b0, any_dropped, below_zero};

        assign addend = dropped & ~below;
        assign carry = 1'b0;
    end else if (ROUNDING == 3) begin : up
        wire _unused = &{1'b0, below, any_dropped, below_zero};

        assign addend = dropped;
        assign carry = 1'b0;
    end else if (ROUNDING == 4) begin : towards_zero
        wire _unused = &{1'b0, below, any_dropped};

        assign addend = dropped & {WORK_W{below_zero}};
        assign carry = 1'b0;
    end else if (ROUNDING == 5) begin : away_from_zero
        wire _unused = &{1'b0, below, any_dropped};

        assign addend = dropped & {WORK_W{~below_zero}};
        assign carry = 1'b0;
    end else begin : nearest
        // Just under a half, and the rest where a half goes up
        assign addend = below;

        if (ROUNDING == 2) begin : half_even
            // The lowest bit that stays
            wire [WORK_W-1:0] lowest = {dropped[WORK_W-2:0], 1'b1} & ~dropped;
            wire _unused = &{1'b0, below_zero};

            assign carry = any_dropped & |(value & lowest);
        end else if (ROUNDING == 6) begin : half_towards_zero
            assign carry = any_dropped & below_zero;
        end else if (ROUNDING == 7) begin : half_away_from_zero
            assign carry = any_dropped & ~below_zero;
        end else begin : half_down
            wire _unused = &{1'b0, any_dropped, below_zero};

            assign carry = 1'b0;
        end
    end

    if (ROUNDING == 0) begin : plain
        wire _unused = &{1'b0, addend, carry};

        assign sum = value & ~dropped;
    end else begin : incremented
        assign sum = (value + addend + {{(WORK_W-1){1'b0}}, carry}) & ~dropped;
    end
endgenerate

delay_line #(
    .WIDTH(WORK_W + FORMAT_W),
    .DEPTH(REGISTERS[1] ? 1 : 0)
) rounded_delay_inst (
    .clk(clk),
    .d({sum, format}),
    .q({rounded, fitted_format})
);

// The format again, where it has come to
wire [WORK_W-1:0] kept_dropped;
wire [WORK_W-1:0] above;
wire is_signed;
wire is_pruned;

table_lookup #(
    .INDEX_W(FORMAT_W),
    .OUT_W(WORDS_W),
    .TABLE(FORMATS)
) fitted_format_inst (
    .index(fitted_format),
    .y({is_pruned, is_signed, above, kept_dropped})
);

generate
    // Fit
    if (OVERFLOW == 0) begin : wrap
        wire _unused = &{1'b0, kept_dropped};

        // The sign bit of a signed format is the lowest above
        wire sign = is_signed & |(rounded & above & ~(above << 1));

        assign fitted = (rounded & ~above) | (above & {WORK_W{sign}});
    end else begin : saturate
        wire negative = rounded[WORK_W-1];
        wire none = ~|(rounded & above);
        wire all = is_signed & ~|(~rounded & above);
        wire [WORK_W-1:0] maximum = ~above & ~kept_dropped;
        wire [WORK_W-1:0] minimum;
        wire fits;

        if (OVERFLOW == 2) begin : symmetric
            wire [WORK_W-1:0] lowest = {kept_dropped[WORK_W-2:0], 1'b1} & ~kept_dropped;

            assign minimum = (above | lowest) & {WORK_W{is_signed}};
            assign fits = none | (all & |(rounded & ~above));
        end else begin : full
            assign minimum = above & {WORK_W{is_signed}};
            assign fits = none | all;
        end

        assign fitted = fits ? rounded : negative ? minimum : maximum;
    end
endgenerate

assign result = fitted & {WORK_W{~is_pruned}};
assign y = result[DROP +: OUT_W];

wire _unused_result = &{1'b0, result};

endmodule

`resetall
