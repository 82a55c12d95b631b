using System.Numerics.Tensors;

namespace Recs.Engine.Retrieval;

/// <summary>
/// Item vectors in 8 bits, in order of item number and close together whatever numbers have none, in the blocks of
/// <see cref="IBlockKernel"/>. Each row has a scale of its own (largest magnitude / 127), so that the codes carry direction
/// and the scale carries length: the same codes serve inner product and cosine. Immutable.
/// </summary>
internal sealed class QuantizedRows
{
    private const int CacheLine = 64;

    // Pinned and started at a cache line: a 64-byte load that straddles two lines costs two.
    private readonly byte[] _buffer;
    private readonly int _start;

    public QuantizedRows(ItemFactors factors)
    {
        Groups = (factors.Rank + 3) / 4;
        BlockBytes = Groups * IBlockKernel.GroupBytes;
        Blocks = (factors.Rows + IBlockKernel.Rows - 1) / IBlockKernel.Rows;
        Words = factors.Rows == 0 ? 0 : factors.ItemOfRow.Max() / 64 + 1;
        Present = new ulong[Words];
        Items = new int[Blocks * IBlockKernel.Rows];
        Scales = new float[Items.Length];
        CosineScales = new float[Items.Length];
        _buffer = GC.AllocateUninitializedArray<byte>(checked(Blocks * BlockBytes + CacheLine), pinned: true);
        unsafe
        {
            fixed (byte* first = _buffer)
                _start = (int)((CacheLine - (nint)first % CacheLine) % CacheLine);
        }
        Array.Fill(_buffer, (byte)128);
        Array.Fill(Items, -1);
        var rows = Enumerable.Range(0, factors.Rows).ToArray();
        Array.Sort(factors.ItemOfRow.ToArray(), rows);
        for (var place = 0; place < rows.Length; place++)
            Write(place, factors.ItemOfRow[rows[place]], factors.Row(rows[place]));
    }

    public int Groups { get; }

    public int BlockBytes { get; }

    public int Blocks { get; }

    /// <summary>Item number by place; -1 behind the last one.</summary>
    public int[] Items { get; }

    /// <summary>Words of 64 item numbers covered.</summary>
    public int Words { get; }

    /// <summary>A bit for each item number that has a vector.</summary>
    public ulong[] Present { get; }

    public float[] Scales { get; }

    /// <summary>Scale over length of the row.</summary>
    public float[] CosineScales { get; }

    public ref byte Block(int block) => ref _buffer[_start + block * BlockBytes];

    /// <summary>Quantises a query to codes of -63 to 63, 4 to an int; returns the kernels' start sum.</summary>
    public static int QuantizeQuery(ReadOnlySpan<float> query, Span<sbyte> codes)
    {
        codes.Clear();
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude(query));
        if (!(largest > 0))
            return 0;
        var factor = IBlockKernel.QueryMax / (double)largest;
        var sum = 0;
        for (var d = 0; d < query.Length; d++)
            sum += codes[d] = (sbyte)Math.Round(query[d] * factor);
        return -128 * sum;
    }

    private void Write(int place, int item, ReadOnlySpan<float> vector)
    {
        Items[place] = item;
        Present[item >> 6] |= 1UL << (item & 63);
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (!(largest > 0))
            return;
        Scales[place] = largest / 127;
        CosineScales[place] = largest / 127 / TensorPrimitives.Norm(vector);
        var block = _start + place / IBlockKernel.Rows * BlockBytes + place % IBlockKernel.Rows * 4;
        for (var d = 0; d < vector.Length; d++)
            _buffer[block + (d >> 2) * IBlockKernel.GroupBytes + (d & 3)] = (byte)(128 + Math.Round(vector[d] * (127.0 / largest)));
    }
}
