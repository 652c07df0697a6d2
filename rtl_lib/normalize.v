/*

Normalisation of one token of FEATURES values (layer norm without its affine
part; CENTER = 0: RMS norm). A pure data path: a token may come every clock.

    e_i = CENTER != 0 ? FEATURES * x_i - sum x : x_i
    V   = sum e_i^2 + EPSILON
    z   = leading zeros of V in V_W bits, halved, floor (V = 0: V_W/2 - 1)
    R   = TABLE[top INDEX_W bits of V << 2z]
    y_i = requantize((e_i << z) * R), which drops SHIFT fraction bits

x: signed, IN_W bits each. y: OUT_W bits, or OUT_W + 1 bits with a zero on top
if OUT_SIGNED = 0. The table's entries are unsigned. V fits V_W bits, and
e_i << z fits V_W/2 + 1 signed bits.

Latency, with tree = ceil(clog2(FEATURES) / LEVELS):
CENTER * (tree + 1) + MUL_STAGES + tree + 2 + MUL_STAGES + 1.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module normalize #(
    // Values of a token
    parameter integer FEATURES = 8,
    // Width of a value in bits
    parameter integer IN_W = 8,
    // 1: subtract the mean (layer norm), 0: do not (RMS norm)
    parameter integer CENTER = 1,
    // Width of V in bits, even
    parameter integer V_W = 28,
    // Added to the sum of squares, unsigned
    parameter [V_W-1:0] EPSILON = 1,
    // Bits of the table's index
    parameter integer INDEX_W = 6,
    // Width of a table entry in bits
    parameter integer TABLE_W = 8,
    // 1/sqrt of the normalised V; entry i at [i*TABLE_W +: TABLE_W]
    parameter [2**INDEX_W*TABLE_W-1:0] TABLE = 0,
    // Fraction bits dropped from the product; negative: left shift
    parameter integer SHIFT = 8,
    // Width of the result's format in bits
    parameter integer OUT_W = 8,
    // 1: the result's format is signed, 0: unsigned
    parameter integer OUT_SIGNED = 1,
    // rounding mode, as in requantize
    parameter integer ROUNDING = 0,
    // 0: wrap, 1: saturate, 2: saturate symmetrically
    parameter integer OVERFLOW = 0,
    // Registers of a multiplier: 1, 2 or 3
    parameter integer MUL_STAGES = 1,
    // Adder levels between two registers, >= 1
    parameter integer LEVELS = 1
) (
    input  wire                                                  clk,
    input  wire [FEATURES*IN_W-1:0]                              x,
    output wire [FEATURES*(OUT_W+(OUT_SIGNED != 0 ? 0 : 1))-1:0] y
);

localparam integer TREE = ($clog2(FEATURES) + LEVELS - 1) / LEVELS;
localparam integer SUM_W = IN_W + $clog2(FEATURES);
localparam integer E_W = CENTER != 0 ? SUM_W + 1 : IN_W;
localparam integer SQUARES_W = 2*E_W + $clog2(FEATURES);
localparam integer Z_W = V_W > 2 ? $clog2(V_W) - 1 : 1;
localparam integer N_W = V_W/2 + 1;
localparam integer R_W = TABLE_W + 1;
localparam integer P_W = N_W + R_W;
localparam integer INDEX_PORT_W = INDEX_W > 0 ? INDEX_W : 1;

genvar i;

// Deviations e

wire [FEATURES*E_W-1:0] e;

generate
    if (CENTER != 0) begin : center
        wire [SUM_W-1:0] sum;
        wire [FEATURES*IN_W-1:0] x_early;
        wire [FEATURES*SUM_W-1:0] scaled_early;
        wire [FEATURES*SUM_W-1:0] scaled;
        reg [FEATURES*E_W-1:0] e_reg;

        adder_tree #(
            .COUNT(FEATURES),
            .IN_W(IN_W),
            .LEVELS(LEVELS)
        ) sum_inst (
            .clk(clk),
            .x(x),
            .sum(sum)
        );

        // The constant product stands before the last of the sum's registers.
        delay_line #(
            .WIDTH(FEATURES*IN_W),
            .DEPTH(TREE > 0 ? TREE - 1 : 0)
        ) x_delay_inst (
            .clk(clk),
            .d(x),
            .q(x_early)
        );

        delay_line #(
            .WIDTH(FEATURES*SUM_W),
            .DEPTH(TREE > 0 ? 1 : 0)
        ) scaled_delay_inst (
            .clk(clk),
            .d(scaled_early),
            .q(scaled)
        );

        for (i = 0; i < FEATURES; i = i + 1) begin : feature
            wire [E_W-1:0] x_wide = {{E_W-IN_W{x_early[i*IN_W+IN_W-1]}}, x_early[i*IN_W +: IN_W]};
            wire [E_W-1:0] scaled_wide = x_wide * FEATURES[E_W-1:0];
            wire [SUM_W-1:0] scaled_i = scaled[i*SUM_W +: SUM_W];

            wire _unused = &{1'b0, scaled_wide[E_W-1]};

            assign scaled_early[i*SUM_W +: SUM_W] = scaled_wide[SUM_W-1:0];

            always @(posedge clk) begin
                e_reg[i*E_W +: E_W] <= {scaled_i[SUM_W-1], scaled_i} - {sum[SUM_W-1], sum};
            end
        end

        assign e = e_reg;
    end else begin : plain
        assign e = x;
    end
endgenerate

// V and the number of its leading zero pairs

wire [SQUARES_W-1:0] squares;
wire [SQUARES_W+V_W-1:0] squares_wide = {{V_W{1'b0}}, squares};
wire [V_W-1:0] v = squares_wide[V_W-1:0] + EPSILON;
wire [Z_W:0] zeros;

reg [V_W-1:0] v_reg;
reg [Z_W-1:0] z_reg;

wire _unused_squares = &{1'b0, squares_wide[SQUARES_W+V_W-1:V_W], zeros[0]};

dot_product #(
    .COUNT(FEATURES),
    .A_W(E_W),
    .B_W(E_W),
    .MUL_STAGES(MUL_STAGES),
    .LEVELS(LEVELS)
) squares_inst (
    .clk(clk),
    .a(e),
    .b(e),
    .y(squares)
);

generate
    if (V_W > 2) begin : count_pairs
        leading_zeros #(
            .WIDTH(V_W),
            .LIMIT(V_W - 1)
        ) leading_zeros_inst (
            .x(v),
            .count(zeros)
        );
    end else begin : one_pair
        assign zeros = 0;
    end
endgenerate

always @(posedge clk) begin
    v_reg <= v;
    z_reg <= zeros[Z_W:1];
end

// R and the normalised deviations n

wire [V_W+INDEX_PORT_W-1:0] normal = {v_reg, {INDEX_PORT_W{1'b0}}} << {z_reg, 1'b0};
wire [TABLE_W-1:0] entry;

reg [TABLE_W-1:0] r_reg;

wire _unused_normal = &{1'b0, normal[V_W-1:0]};

table_lookup #(
    .INDEX_W(INDEX_W),
    .OUT_W(TABLE_W),
    .TABLE(TABLE)
) table_inst (
    .index(normal[V_W +: INDEX_PORT_W]),
    .y(entry)
);

always @(posedge clk) r_reg <= entry;

wire [FEATURES*E_W-1:0] e_late;
wire [FEATURES*P_W-1:0] products;

delay_line #(
    .WIDTH(FEATURES*E_W),
    .DEPTH(MUL_STAGES + TREE + 1)
) e_delay_inst (
    .clk(clk),
    .d(e),
    .q(e_late)
);

generate
    for (i = 0; i < FEATURES; i = i + 1) begin : feature
        wire [E_W+N_W-1:0] e_wide = {{N_W{e_late[i*E_W+E_W-1]}}, e_late[i*E_W +: E_W]};

        reg [N_W-1:0] n_reg;

        wire _unused = &{1'b0, e_wide[E_W+N_W-1:N_W]};

        always @(posedge clk) n_reg <= e_wide[N_W-1:0] << z_reg;

        multiply #(
            .A_W(N_W),
            .B_W(R_W),
            .STAGES(MUL_STAGES)
        ) multiply_inst (
            .clk(clk),
            .a(n_reg),
            .b({1'b0, r_reg}),
            .p(products[i*P_W +: P_W])
        );
    end
endgenerate

vector_requantize #(
    .COUNT(FEATURES),
    .IN_W(P_W),
    .SHIFT(SHIFT),
    .OUT_W(OUT_W),
    .OUT_SIGNED(OUT_SIGNED),
    .ROUNDING(ROUNDING),
    .OVERFLOW(OVERFLOW),
    .RELU(0)
) requantize_inst (
    .clk(clk),
    .x(products),
    .y(y)
);

endmodule

`resetall
