/*

Sum of COUNT products or squares as one heap of rows, not products and then a
tree: y = sum a_i * b_i, or sum a_i^2.

A product has a row for two bits of b (booth_row), a square one for two bits of a
(square_row). The rows, by their lowest bits, are shared among 2^SPLIT chains of
adders, and a tree sums up those. A row that enters a chain stands in the LUTs of
the adder's carry chain and costs nothing beside it; only the first one of each
chain does. The more STEPS, the fewer chains and LUTs.

An adder begins at the lowest bit of its right operand, and its carry is what the
lowest row there has to add because it is negative; bits below are wires. Such a
bit of the lowest row of all remains: if b has an odd number of bits, that row is
b[0] & a and has none; else row 0 of one product is computed whole, in step 0.

Widths follow the greatest sum of the rows. Exact.

Steps: STEPS, an adder each; 0 computes rows as well. Latency: ones in REGISTERS.

a, b, y: COUNT numbers of A_W and of B_W bits and OUT_W = A_W + B_W +
clog2(COUNT) bits (squares: 2 * A_W + clog2(COUNT)), at most 60; signed or
unsigned by parameter, y unsigned if a and b are, or if it is of squares.

*/

`resetall
`timescale 1ns/1ps
`default_nettype none

module row_heap #(
    // Number of products
    parameter integer COUNT = 1,
    // 1: squares of a, b is not looked at, 0: products
    parameter integer SQUARE = 0,
    // Width of an element of a in bits
    parameter integer A_W = 8,
    // 1: a is signed, 0: unsigned
    parameter integer A_SIGNED = 1,
    // Width of an element of b in bits
    parameter integer B_W = 8,
    // 1: b is signed, 0: unsigned
    parameter integer B_SIGNED = 1,
    // Steps: from clog2 of the number of rows to one less than it, at least 1
    parameter integer STEPS = 2,
    // Bit i: a register in front of step i
    parameter [STEPS-1:0] REGISTERS = {STEPS{1'b0}}
) (
    input  wire                                                clk,
    input  wire [COUNT*A_W-1:0]                                a,
    input  wire [COUNT*B_W-1:0]                                b,
    output wire [A_W+(SQUARE != 0 ? A_W : B_W)+$clog2(COUNT)-1:0] y
);

localparam integer OUT_W = A_W + (SQUARE != 0 ? A_W : B_W) + $clog2(COUNT);
// Bits of the signed operands that the rows are made of. A multiplier of one bit has its sign twice.
localparam integer WIDE_A = A_SIGNED != 0 ? A_W : A_W + 1;
localparam integer WIDE_B = B_SIGNED == 0 ? B_W + 1 : B_W > 1 ? B_W : 2;
localparam integer ODD = WIDE_B % 2;
// Squares: rows before the last one, which is a table of the four or three highest bits
localparam integer FOLDED = WIDE_A > 4 ? (WIDE_A - 3) / 2 : 0;
localparam integer ROWS = SQUARE != 0 ? FOLDED + 1 : (WIDE_B + 1) / 2;
// Row 0 of the heap is row 0 of product 0, then come those of the other products
localparam integer HEAP = ROWS * COUNT;
localparam integer SPLIT = split(0);
localparam integer CHAINS = 1 << SPLIT;
localparam integer CHAIN_STEPS = STEPS - SPLIT;
localparam integer SUM_W = sum_width(0, HEAP);
// 1: the first row of each chain is computed whole, 0: only that of the first chain
localparam integer ALL_WHOLE = COUNT == 1 || SQUARE != 0 || B_W <= 3 ? 1 : 0;

// Levels of the tree: the fewest with which the chains are not too long
function integer split(input integer least);
    begin
        split = least;
        while (split < STEPS - 1 && HEAP > ((STEPS - split + 1) << split)) split = split + 1;
    end
endfunction

// Lowest bit of row r of the heap
function integer lowest(input integer heap_row);
    integer row;
    begin
        row = heap_row / COUNT;
        lowest = SQUARE != 0 ? 4 * row : ODD == 0 || row == 0 ? 2 * row : 2 * row - 1;
    end
endfunction

// 1: row r of the heap is computed whole. Row 0 of a product with an odd number of bits lacks nothing.
function integer whole(input integer heap_row);
    integer chain;
    begin
        chain = (heap_row * CHAINS + HEAP - 1) / HEAP;
        whole = chain * HEAP / CHAINS == heap_row && (heap_row == 0 || ALL_WHOLE != 0) && (SQUARE != 0 ? HEAP > 1 && WIDE_A > 1 : ODD == 0 || heap_row >= COUNT) ? 1 : 0;
    end
endfunction

// Width of row r of the heap, signed
function integer row_width(input integer heap_row);
    integer row;
    begin
        row = heap_row / COUNT;
        if (SQUARE != 0) row_width = row < FOLDED ? WIDE_A - 2 * row + 2 : 2 * (WIDE_A - 2 * FOLDED);
        else row_width = ODD != 0 && row == 0 ? WIDE_A : WIDE_A + 1 + whole(heap_row);
    end
endfunction

// Width of the sum of rows first to last - 1 from the lowest bit of the first on, signed. No row is more than a power of
// two, and that only where no carry is missing.
function integer sum_width(input integer first, input integer last);
    integer row;
    integer size;
    integer rows;
    integer highest;
    reg [63:0] bound;
    begin
        bound = SQUARE != 0 || whole(first) != 0 ? 64'd1 : 64'd0;
        for (row = first / COUNT; row * COUNT < last; row = row + 1) begin
            if (SQUARE != 0) size = row < FOLDED ? WIDE_A + 2 * row + 1 : 2 * WIDE_A - 2;
            else size = ODD == 0 ? WIDE_A + 2 * row : WIDE_A + 2 * row - 1;
            rows = last < (row + 1) * COUNT ? last : (row + 1) * COUNT;
            rows = first > row * COUNT ? rows - first : rows - row * COUNT;
            bound = bound + ({32'd0, rows} << size);
        end
        highest = $clog2(bound);
        if (highest > OUT_W - 1) highest = OUT_W - 1;
        sum_width = last - first == 1 ? row_width(first) : highest - lowest(first) + 1;
    end
endfunction

genvar c, r, s, t;

generate
    for (s = 0; s < CHAIN_STEPS; s = s + 1) begin : operands
        wire [COUNT*A_W-1:0] a_now;
        wire [COUNT*B_W-1:0] b_now;
        wire _unused = &{1'b0, a_now, b_now};

        if (s == 0) begin : first
            delay_line #(.WIDTH(COUNT*(A_W+B_W)), .DEPTH(REGISTERS[0] ? 1 : 0)) delay_line_inst (
                .clk(clk), .d({a, b}), .q({a_now, b_now})
            );
        end else begin : later
            delay_line #(.WIDTH(COUNT*(A_W+B_W)), .DEPTH(REGISTERS[s] ? 1 : 0)) delay_line_inst (
                .clk(clk), .d({operands[s-1].a_now, operands[s-1].b_now}), .q({a_now, b_now})
            );
        end
    end

    // Row r, in the step in which its chain takes it
    for (c = 0; c < CHAINS; c = c + 1) begin : rows
        localparam integer FIRST = c * HEAP / CHAINS;
        localparam integer LAST = (c + 1) * HEAP / CHAINS;

        for (r = FIRST; r < LAST; r = r + 1) begin : place
            localparam integer STEP = r > FIRST ? r - FIRST - 1 : 0;
            localparam integer ROW = r / COUNT;
            localparam integer WHOLE = whole(r);
            localparam integer ROW_W = row_width(r);
            localparam integer PART_W = SQUARE == 0 ? ROW_W - WHOLE : ROW_W;

            wire [A_W-1:0] a_item = operands[STEP].a_now[(r % COUNT)*A_W +: A_W];
            wire [B_W-1:0] b_item = operands[STEP].b_now[(r % COUNT)*B_W +: B_W];
            wire [WIDE_A-1:0] factor;
            wire [PART_W-1:0] part;
            wire carry;
            wire [ROW_W-1:0] row;
            wire negate;

            if (A_SIGNED != 0) begin : signed_a
                assign factor = a_item;
            end else begin : unsigned_a
                assign factor = {1'b0, a_item};
            end

            if (SQUARE != 0) begin : square
                wire _unused = &{1'b0, b_item};

                // Never, since no square has both bits; but where the row is computed whole a carry must seem possible.
                assign carry = WHOLE != 0 && part[0] && part[ROW_W-1 < 2 ? 0 : 2];

                if (ROW == FOLDED) begin : top
                    wire below;

                    if (ROW > 0) begin : carried
                        assign below = factor[2*ROW-1];
                    end else begin : plain
                        assign below = 1'b0;
                    end

                    square_table #(.A_W(WIDE_A-2*ROW), .A_SIGNED(1)) square_table_inst (
                        .a(factor[WIDE_A-1:2*ROW]), .carry(below), .y(part)
                    );
                end else begin : fold
                    wire low;

                    if (ROW > 0) begin : carried
                        assign low = factor[2*ROW-1];
                    end else begin : plain
                        assign low = 1'b0;
                    end

                    square_row #(.UPPER_W(WIDE_A-2*ROW-2)) square_row_inst (
                        .upper(factor[WIDE_A-1:2*ROW+2]), .high(factor[2*ROW+1]), .middle(factor[2*ROW]), .low(low), .row(part)
                    );
                end
            end else begin : product
                wire [WIDE_B-1:0] multiplier;
                wire _unused = &{1'b0, multiplier};

                if (B_SIGNED == 0) begin : unsigned_b
                    assign multiplier = {1'b0, b_item};
                end else if (B_W == 1) begin : sign_only
                    assign multiplier = {2{b_item}};
                end else begin : signed_b
                    assign multiplier = b_item;
                end

                if (ODD != 0 && ROW == 0) begin : lowest_bit
                    assign part = factor & {WIDE_A{multiplier[0]}};
                    assign carry = 1'b0;
                end else begin : digit
                    localparam integer PLACE = 2 * ROW - ODD;
                    wire low;

                    if (ROW > ODD) begin : carried
                        assign low = multiplier[PLACE-1];
                    end else begin : plain
                        assign low = 1'b0;
                    end

                    booth_row #(.A_W(WIDE_A)) booth_row_inst (
                        .a(factor), .high(multiplier[PLACE+1]), .middle(multiplier[PLACE]), .low(low), .row(part), .negate(carry)
                    );
                end
            end

            // Yosys would make one function of a row and of the one that is added to it, of up to nine inputs and four
            // LUTs a bit. It cannot look through a carry chain, which takes no LUT beside the row's.
            if (WHOLE != 0 && SQUARE != 0) begin : complete_square
                // Bit 1 of a square is 0.
                carry_add #(.X_W(3), .Y_W(ROW_W-2), .SHIFT(2), .OUT_W(ROW_W)) carry_add_inst (
                    .x({1'b0, part[1:0]}), .y(part[ROW_W-1:2]), .carry(carry), .sum(row)
                );
                assign negate = 1'b0;
            end else if (WHOLE != 0) begin : complete
                carry_add #(.X_W(1), .Y_W(PART_W), .OUT_W(ROW_W)) carry_add_inst (.x(1'b0), .y(part), .carry(carry), .sum(row));
                assign negate = 1'b0;
            end else begin : complement
                assign row = part;
                assign negate = carry;
            end
        end
    end

    // node of chain[c].step[s]: what chain c sums up to in this step; carry: what its lowest row has to add
    for (c = 0; c < CHAINS; c = c + 1) begin : chain
        localparam integer FIRST = c * HEAP / CHAINS;
        localparam integer LAST = (c + 1) * HEAP / CHAINS;
        localparam integer LOW = lowest(FIRST);

        for (s = 0; s < CHAIN_STEPS; s = s + 1) begin : step
            localparam integer BEFORE = FIRST + s + 1 < LAST ? FIRST + s + 1 : LAST;
            localparam integer BEHIND = FIRST + s + 2 < LAST ? FIRST + s + 2 : LAST;
            localparam integer X_W = sum_width(FIRST, BEFORE);
            localparam integer NODE_W = sum_width(FIRST, BEHIND);

            wire [X_W-1:0] x;
            wire [NODE_W-1:0] node;
            wire carry;

            if (s == 0) begin : start
                assign x = rows[c].place[FIRST].row;
                assign carry = rows[c].place[FIRST].negate;
            end else begin : resume
                delay_line #(.WIDTH(X_W+1), .DEPTH(REGISTERS[s] ? 1 : 0)) delay_line_inst (
                    .clk(clk), .d({chain[c].step[s-1].carry, chain[c].step[s-1].node}), .q({carry, x})
                );
            end

            if (BEHIND > BEFORE) begin : add
                carry_add #(.X_W(X_W), .Y_W(row_width(BEFORE)), .SHIFT(lowest(BEFORE)-LOW), .OUT_W(NODE_W)) carry_add_inst (
                    .x(x), .y(rows[c].place[BEFORE].row), .carry(rows[c].place[BEFORE].negate), .sum(node)
                );
            end else begin : pass
                assign node = x;
            end
        end
    end

    // node of tree[t].sum[c]: the sum of 2^t chains
    for (t = 0; t <= SPLIT; t = t + 1) begin : tree
        for (c = 0; c < (CHAINS >> t); c = c + 1) begin : sum
            localparam integer FIRST = (c << t) * HEAP / CHAINS;
            localparam integer LAST = ((c + 1) << t) * HEAP / CHAINS;
            localparam integer LOW = lowest(FIRST);
            localparam integer NODE_W = sum_width(FIRST, LAST);

            wire [NODE_W-1:0] node;
            wire carry;

            if (t == 0) begin : leaf
                assign node = chain[c].step[CHAIN_STEPS-1].node;
                assign carry = chain[c].step[CHAIN_STEPS-1].carry;
            end else begin : pair
                localparam integer MIDDLE = (2 * c + 1) * HEAP * (1 << (t - 1)) / CHAINS;
                localparam integer X_W = sum_width(FIRST, MIDDLE);
                localparam integer Y_W = sum_width(MIDDLE, LAST);

                wire [X_W-1:0] x;
                wire [Y_W-1:0] y_part;
                wire y_carry;

                delay_line #(.WIDTH(X_W+Y_W+2), .DEPTH(REGISTERS[CHAIN_STEPS+t-1] ? 1 : 0)) delay_line_inst (
                    .clk(clk),
                    .d({tree[t-1].sum[2*c].carry, tree[t-1].sum[2*c].node, tree[t-1].sum[2*c+1].carry, tree[t-1].sum[2*c+1].node}),
                    .q({carry, x, y_carry, y_part})
                );

                carry_add #(.X_W(X_W), .Y_W(Y_W), .SHIFT(lowest(MIDDLE)-LOW), .OUT_W(NODE_W)) carry_add_inst (
                    .x(x), .y(y_part), .carry(y_carry), .sum(node)
                );
            end
        end
    end

    wire _unused_carry = &{1'b0, tree[SPLIT].sum[0].carry};

    if (SUM_W < OUT_W) begin : extended
        assign y = {{(OUT_W-SUM_W){tree[SPLIT].sum[0].node[SUM_W-1]}}, tree[SPLIT].sum[0].node};
    end else begin : full
        wire _unused_node = &{1'b0, tree[SPLIT].sum[0].node};

        assign y = tree[SPLIT].sum[0].node[OUT_W-1:0];
    end
endgenerate

endmodule

`resetall
