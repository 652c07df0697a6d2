/*

Change of the number format of one value: y = x / 2^SHIFT, rounded and fitted
into OUT_W bits.

x is signed, IN_W bits. SHIFT > 0 drops fraction bits, SHIFT < 0 appends zeros.
Everything up to the overflow step is exact: rounding has a bit to spare.
y is signed: OUT_W bits, or OUT_W + 1 bits with a zero on top if OUT_SIGNED = 0.

Steps: rounding (with RELU), fitting. Latency: ones in REGISTERS.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module requantize #(
    // Width of x in bits
    parameter integer IN_W = 16,
    // Fraction bits dropped; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // 0: down, 1: half up, 2: half to even, 3: up, 4: towards zero, 5: away from
    // zero, 6: half towards zero, 7: half away from zero, 8: half down
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // 1: negative inputs become 0 first
    parameter integer RELU = 0,
    // Bit 0: a register in front of the rounding, bit 1: in front of the fitting
    parameter [31:0] REGISTERS = 0
) (
    input  wire                      clk,
    input  wire [IN_W-1:0]           x,
    output wire [OUT_W-OUT_SIGNED:0] y
);

// Any shift beyond IN_W + 1 gives what IN_W + 1 gives.
localparam integer DROP = SHIFT < 0 ? 0 : SHIFT > IN_W + 1 ? IN_W + 1 : SHIFT;
localparam integer APPEND = SHIFT < 0 ? -SHIFT : 0;
// Width before the drop: at least one bit of integer part stays
localparam integer WIDE_W = IN_W + APPEND > DROP ? IN_W + APPEND : DROP + 1;
localparam integer KEEP_W = WIDE_W - DROP;
// Width after rounding; and wide enough to look at the bits above OUT_W
localparam integer ROUND_W = KEEP_W + 1;
localparam integer VALUE_W = ROUND_W > OUT_W + 1 ? ROUND_W : OUT_W + 1;

wire [IN_W-1:0] exact_x;
wire [IN_W-1:0] rectified;
wire [WIDE_W-1:0] wide;
wire carry;
wire [ROUND_W-1:0] rounded;
wire [VALUE_W-1:0] widened;
wire [VALUE_W-1:0] value;
wire [OUT_W-1:0] fitted;

generate
    if (REGISTERS == 0) begin : unclocked
        wire _unused = &{1'b0, clk};
    end

    if (REGISTERS[0]) begin : registered_x
        reg [IN_W-1:0] x_reg;

        always @(posedge clk) x_reg <= x;

        assign exact_x = x_reg;
    end else begin : direct_x
        assign exact_x = x;
    end

    if (RELU != 0) begin : relu
        assign rectified = exact_x & {IN_W{~exact_x[IN_W-1]}};
    end else begin : linear
        assign rectified = exact_x;
    end

    // Align
    if (APPEND > 0) begin : left
        assign wide = {rectified, {APPEND{1'b0}}};
    end else if (WIDE_W > IN_W) begin : extended
        assign wide = {{(WIDE_W-IN_W){rectified[IN_W-1]}}, rectified};
    end else begin : same
        assign wide = rectified;
    end

    // Round: floor, plus one if the dropped bits ask for it
    if (DROP == 0) begin : exact
        assign carry = 1'b0;
    end else if (ROUNDING == 0) begin : floor
        wire _unused = &{1'b0, wide[DROP-1:0]};

        assign carry = 1'b0;
    end else if (ROUNDING == 1) begin : half_up
        assign carry = wide[DROP-1];

        if (DROP > 1) begin : below
            wire _unused = &{1'b0, wide[DROP-2:0]};
        end
    end else if (ROUNDING >= 3 && ROUNDING <= 5) begin : directed
        wire inexact = |wide[DROP-1:0];

        if (ROUNDING == 3) begin : up
            assign carry = inexact;
        end else if (ROUNDING == 4) begin : towards_zero
            assign carry = inexact & wide[WIDE_W-1];
        end else begin : away_from_zero
            assign carry = inexact & ~wide[WIDE_W-1];
        end
    end else begin : nearest
        wire more;
        wire tie_up;

        if (DROP > 1) begin : below
            assign more = |wide[DROP-2:0];
        end else begin : tie
            assign more = 1'b0;
        end

        if (ROUNDING == 2) begin : half_even
            assign tie_up = wide[DROP];
        end else if (ROUNDING == 6) begin : half_towards_zero
            assign tie_up = wide[WIDE_W-1];
        end else if (ROUNDING == 7) begin : half_away_from_zero
            assign tie_up = ~wide[WIDE_W-1];
        end else begin : half_down
            assign tie_up = 1'b0;
        end

        assign carry = wide[DROP-1] & (more | tie_up);
    end

    if (DROP == 0 || ROUNDING == 0) begin : plain
        wire _unused = &{1'b0, carry};

        assign rounded = {wide[WIDE_W-1], wide[WIDE_W-1:DROP]};
    end else begin : incremented
        assign rounded = {wide[WIDE_W-1], wide[WIDE_W-1:DROP]} + {{KEEP_W{1'b0}}, carry};
    end

    if (VALUE_W > ROUND_W) begin : extended_value
        assign widened = {{(VALUE_W-ROUND_W){rounded[ROUND_W-1]}}, rounded};
    end else begin : ready
        assign widened = rounded;
    end

    if (REGISTERS[1]) begin : registered_value
        reg [VALUE_W-1:0] value_reg;

        always @(posedge clk) value_reg <= widened;

        assign value = value_reg;
    end else begin : direct_value
        assign value = widened;
    end

    // Fit
    if (OVERFLOW == 0) begin : wrap
        wire _unused = &{1'b0, value[VALUE_W-1:OUT_W]};

        assign fitted = value[OUT_W-1:0];
    end else if (OUT_SIGNED != 0) begin : saturate_signed
        localparam [OUT_W-1:0] MAXIMUM = {OUT_W{1'b1}} >> 1;
        localparam [OUT_W-1:0] MINIMUM = OVERFLOW == 2 ? -MAXIMUM : ~MAXIMUM;

        wire negative = value[VALUE_W-1];
        wire fits = &value[VALUE_W-1:OUT_W-1] | ~(|value[VALUE_W-1:OUT_W-1]);

        if (OVERFLOW == 2) begin : symmetric
            wire lowest = value[OUT_W-1:0] == ~MAXIMUM;

            assign fitted = fits && !lowest ? value[OUT_W-1:0] : negative ? MINIMUM : MAXIMUM;
        end else begin : full
            assign fitted = fits ? value[OUT_W-1:0] : negative ? MINIMUM : MAXIMUM;
        end
    end else begin : saturate_unsigned
        wire negative = value[VALUE_W-1];
        wire above = |value[VALUE_W-1:OUT_W];

        assign fitted = (value[OUT_W-1:0] | {OUT_W{above}}) & {OUT_W{~negative}};
    end

    if (OUT_SIGNED != 0) begin : signed_result
        assign y = fitted;
    end else begin : unsigned_result
        assign y = {1'b0, fitted};
    end
endgenerate

endmodule

`resetall
