using System.Numerics;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Encoded vectors of one space, list after list, each list padded to whole blocks of 16 slots. Immutable once built;
/// what was removed since stands in the <see cref="LiveSlots"/> of the state that refers to it.
/// </summary>
internal sealed unsafe class Segment
{
    /// <remarks><c>listSizes</c>: Vectors of each list.</remarks>
    public Segment(Quantizer quantizer, SpaceMetric metric, MasterVectors masters, ReadOnlySpan<int> listSizes, int maxItem)
    {
        (Quantizer, Metric, Masters) = (quantizer, metric, masters);
        FirstBlock = FirstBlocks(listSizes);
        ListSizes = listSizes.ToArray();
        Count = ListSizes.Sum();
        Blocks = FirstBlock[^1];
        Slots = Blocks * INibbleKernel.Rows;
        Nibbles = new AlignedMemory((long)Blocks * quantizer.Groups * INibbleKernel.GroupBytes);
        NibbleScales = AlignedMemory.OfFloats(Slots);
        NibbleBiases = AlignedMemory.OfFloats(Slots);
        Bytes = new AlignedMemory((long)Slots * quantizer.Head);
        ByteFactors = AlignedMemory.OfFloats(2L * Slots);
        Items = AlignedMemory.OfInts(Slots);
        Rows = AlignedMemory.OfInts(Slots);
        SlotOfItem = new int[maxItem + 1];
        Array.Fill(SlotOfItem, -1);
        Present = new ulong[(SlotOfItem.Length + 63) / 64];
        new Span<float>(NibbleBiases.Floats, Slots).Fill(float.PositiveInfinity);
        new Span<int>(Items.Ints, Slots).Fill(-1);
        ListBiases = AlignedMemory.OfFloats((listSizes.Length + 15) / 16 * 16);
        ListScales = AlignedMemory.OfFloats((listSizes.Length + 15) / 16 * 16);
        new Span<float>(ListBiases.Floats, (listSizes.Length + 15) / 16 * 16).Fill(float.PositiveInfinity);
    }

    /// <summary>A segment over memory that holds one already.</summary>
    public Segment(Quantizer quantizer, SpaceMetric metric, MasterVectors masters, int[] listSizes, SegmentMemory memory)
    {
        (Quantizer, Metric, Masters, ListSizes) = (quantizer, metric, masters, listSizes);
        FirstBlock = FirstBlocks(listSizes);
        Count = listSizes.Sum();
        Blocks = FirstBlock[^1];
        Slots = Blocks * INibbleKernel.Rows;
        (Nibbles, NibbleScales, NibbleBiases) = (memory.Nibbles, memory.NibbleScales, memory.NibbleBiases);
        (Bytes, ByteFactors, Items, Rows) = (memory.Bytes, memory.ByteFactors, memory.Items, memory.Rows);
        (ListBiases, ListScales) = (memory.ListBiases, memory.ListScales);
        var items = new ReadOnlySpan<int>(Items.Ints, Slots);
        var largest = -1;
        foreach (var item in items)
            largest = Math.Max(largest, item);
        SlotOfItem = new int[largest + 1];
        Array.Fill(SlotOfItem, -1);
        Present = new ulong[(SlotOfItem.Length + 63) / 64];
        for (var slot = 0; slot < items.Length; slot++)
        {
            if (items[slot] < 0)
                continue;
            SlotOfItem[items[slot]] = slot;
        }
        Seal();
    }

    public Quantizer Quantizer { get; }

    public SpaceMetric Metric { get; }

    public MasterVectors Masters { get; }

    /// <summary>Vectors, removed ones included.</summary>
    public int Count { get; }

    public int Blocks { get; }

    public int Slots { get; }

    /// <summary>First block of each list, and the end.</summary>
    public int[] FirstBlock { get; }

    public int[] ListSizes { get; }

    /// <summary>Per list, of the vectors in it: mean of |x|^2 / 2 for distances, 0 for products; +infinity for an empty list.</summary>
    public AlignedMemory ListBiases { get; }

    /// <summary>Per list: root mean square of its heads' distance from the centroid along one effective axis.</summary>
    public AlignedMemory ListScales { get; }

    public AlignedMemory Nibbles { get; }

    public AlignedMemory NibbleScales { get; }

    public AlignedMemory NibbleBiases { get; }

    /// <summary>Head 8-bit codes per slot.</summary>
    public AlignedMemory Bytes { get; }

    /// <summary>Scale and bias per slot.</summary>
    public AlignedMemory ByteFactors { get; }

    /// <summary>Item number of each slot; -1 for none.</summary>
    public AlignedMemory Items { get; }

    /// <summary>Row of each slot's float vector.</summary>
    public AlignedMemory Rows { get; }

    /// <summary>By item number; -1 for none.</summary>
    public int[] SlotOfItem { get; }

    /// <summary>A bit for each item number that has a slot, removed ones included; as long as <see cref="SlotOfItem"/>.</summary>
    public ulong[] Present { get; }

    /// <summary>Without the float vectors.</summary>
    public long CodeBytes => Nibbles.Bytes + NibbleScales.Bytes + NibbleBiases.Bytes + Bytes.Bytes + ByteFactors.Bytes
        + Items.Bytes + Rows.Bytes + 4L * SlotOfItem.Length + 8L * Present.Length;

    /// <summary>Writes what the encoder holds into a slot.</summary>
    public void Write(int slot, int item, int row, VectorEncoder encoder)
    {
        var (block, place) = (slot / INibbleKernel.Rows, slot % INibbleKernel.Rows);
        var codes = Nibbles.Pointer + (nint)block * Quantizer.Groups * INibbleKernel.GroupBytes;
        for (var group = 0; group < Quantizer.Groups; group++)
        {
            var eight = encoder.Nibbles.AsSpan(group * INibbleKernel.GroupCodes, INibbleKernel.GroupCodes);
            for (var s = 0; s < 4; s++)
                codes[group * INibbleKernel.GroupBytes + 4 * place + s] = (byte)(eight[s] | eight[s + 4] << 4);
        }
        NibbleScales.Floats[slot] = encoder.NibbleScale;
        NibbleBiases.Floats[slot] = encoder.NibbleBias;
        encoder.Bytes.CopyTo(new Span<sbyte>(Bytes.Pointer + (nint)slot * Quantizer.Head, Quantizer.Head));
        ByteFactors.Floats[2 * slot] = encoder.ByteScale;
        ByteFactors.Floats[2 * slot + 1] = encoder.ByteBias;
        Place(slot, item, row);
    }

    /// <summary>Copies a slot's codes from another segment of the same quantizer.</summary>
    public void Copy(int slot, Segment from, int fromSlot)
    {
        var blockBytes = (nint)Quantizer.Groups * INibbleKernel.GroupBytes;
        var target = (int*)(Nibbles.Pointer + slot / INibbleKernel.Rows * blockBytes) + slot % INibbleKernel.Rows;
        var source = (int*)(from.Nibbles.Pointer + fromSlot / INibbleKernel.Rows * blockBytes) + fromSlot % INibbleKernel.Rows;
        for (var group = 0; group < Quantizer.Groups; group++)
            target[group * 16] = source[group * 16];
        NibbleScales.Floats[slot] = from.NibbleScales.Floats[fromSlot];
        NibbleBiases.Floats[slot] = from.NibbleBiases.Floats[fromSlot];
        Buffer.MemoryCopy(
            from.Bytes.Pointer + (nint)fromSlot * Quantizer.Head, Bytes.Pointer + (nint)slot * Quantizer.Head, Quantizer.Head, Quantizer.Head);
        ByteFactors.Floats[2 * slot] = from.ByteFactors.Floats[2 * fromSlot];
        ByteFactors.Floats[2 * slot + 1] = from.ByteFactors.Floats[2 * fromSlot + 1];
        Place(slot, from.Items.Ints[fromSlot], from.Rows.Ints[fromSlot]);
    }

    /// <summary>Ends the writing of slots.</summary>
    public void Seal()
    {
        for (var item = 0; item < SlotOfItem.Length; item++)
        {
            if (SlotOfItem[item] >= 0)
                Present[item >> 6] |= 1UL << (item & 63);
        }
    }

    /// <summary>Different items in the slots.</summary>
    public int Distinct
    {
        get
        {
            var count = 0;
            foreach (var word in Present)
                count += BitOperations.PopCount(word);
            return count;
        }
    }

    /// <summary>Items of the mask that have a slot, removed ones included.</summary>
    public int CountIn(ItemMask mask)
    {
        var words = mask.Words;
        var count = 0;
        for (var w = 0; w < Math.Min(words.Length, Present.Length); w++)
            count += BitOperations.PopCount(words[w] & Present[w]);
        return count;
    }

    public static int[] FirstBlocks(ReadOnlySpan<int> listSizes)
    {
        var first = new int[listSizes.Length + 1];
        for (var list = 0; list < listSizes.Length; list++)
            first[list + 1] = first[list] + (listSizes[list] + INibbleKernel.Rows - 1) / INibbleKernel.Rows;
        return first;
    }

    private void Place(int slot, int item, int row)
    {
        Items.Ints[slot] = item;
        Rows.Ints[slot] = row;
        SlotOfItem[item] = slot;
    }
}

/// <summary>The arrays of a <see cref="Segment"/>, as they are stored.</summary>
internal sealed record SegmentMemory(
    AlignedMemory Nibbles, AlignedMemory NibbleScales, AlignedMemory NibbleBiases, AlignedMemory Bytes, AlignedMemory ByteFactors,
    AlignedMemory Items, AlignedMemory Rows, AlignedMemory ListBiases, AlignedMemory ListScales);
