namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Scores blocks of 16 vectors by tables, one table of 16 bytes per 4-bit code. A block holds, for every group of 8
/// codes, 64 bytes: byte 4 v + s has code s of vector v in its low half and code s + 4 in its high half. Each code's
/// table entry counts <c>weight</c> times; sums are exact integers below 2^15 per half, so every kernel gives the
/// same bits.
/// </summary>
internal unsafe interface INibbleKernel
{
    const int Rows = 16, GroupCodes = 8, GroupBytes = 64, TableBytes = 128;

    static abstract string Name { get; }

    static abstract bool IsSupported { get; }

    /// <summary>
    /// Appends slots whose score lies above the threshold: score = base + scale (step x sum + start) - bias.
    /// </summary>
    static abstract int Scan(in NibbleScan scan, int firstBlock, int blocks, float baseScore, float threshold, float* scores, int* slots);
}

/// <summary>What a scan reads. Pointers stay valid for as long as the segment and the scratch live.</summary>
internal unsafe struct NibbleScan
{
    /// <summary>Block after block, <see cref="Groups"/> x 64 bytes each.</summary>
    public byte* Codes;

    /// <summary>Groups of 8 codes.</summary>
    public int Groups;

    /// <summary>Per group 128 bytes: the tables of codes 0 to 3, then of codes 4 to 7.</summary>
    public byte* Tables;

    /// <summary>Per group 8 weights, 1 to 127; those of codes 0 to 3 and of codes 4 to 7 sum to 128 at most over all groups, taken in pairs.</summary>
    public sbyte* Weights;

    /// <summary>One factor per slot.</summary>
    public float* Scales;

    /// <summary>One deduction per slot; +infinity where a slot is empty.</summary>
    public float* Biases;

    /// <summary>Units of a sum.</summary>
    public float Step;

    public float Start;
}
