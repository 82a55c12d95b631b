using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Recs.Engine.Storage;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>Writes one state to a new file beside the target, flushes it to the disk and moves it into place.</summary>
internal static unsafe class SnapshotWriter
{
    public static void Write(string path, VectorSpace space, IndexState state, SearchEffort effort)
    {
        var temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20))
        {
            var header = new byte[SnapshotFormat.PageBytes];
            file.Write(header);
            WriteSections(file, header, state);
            WriteHeader(header, space, state, effort);
            file.Position = 0;
            file.Write(header);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
        GC.KeepAlive(state);
    }

    private static void WriteHeader(Span<byte> header, VectorSpace space, IndexState state, SearchEffort effort)
    {
        Encoding.ASCII.GetBytes(SnapshotFormat.Magic, header);
        var name = Encoding.ASCII.GetBytes(space.Name);
        var segment = state.Segment;
        ReadOnlySpan<int> fields =
        [
            SnapshotFormat.Version, SnapshotFormat.Sections, (int)space.Metric, space.Dimension, Quantizer.HeadOf(space.Dimension),
            Quantizer.CodesOf(space.Dimension), segment?.Quantizer.Lists ?? 0, segment?.Slots ?? 0, RowCount(state),
            segment?.Quantizer.Parts.TrainedOn ?? 0, state.Delta.Count - state.Delta.Removed, name.Length,
        ];
        for (var f = 0; f < fields.Length; f++)
            BinaryPrimitives.WriteInt32LittleEndian(header[(8 + 4 * f)..], fields[f]);
        name.CopyTo(header[SnapshotFormat.NameAt..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[SnapshotFormat.EffortAt..], effort.Lists);
        ReadOnlySpan<float> knobs = [effort.Reach, effort.Shortlist, effort.Exact, effort.NarrowReach ?? float.NaN];
        for (var k = 0; k < knobs.Length; k++)
            BinaryPrimitives.WriteSingleLittleEndian(header[(SnapshotFormat.EffortAt + 4 + 4 * k)..], knobs[k]);
        BinaryPrimitives.WriteUInt32LittleEndian(header[^4..], Crc32C.Compute(header[..^4]));
    }

    private static int RowCount(IndexState state) => (state.Segment?.Count ?? 0) - state.Live.Removed + state.Delta.Count - state.Delta.Removed;

    private static void WriteSections(FileStream file, Span<byte> header, IndexState state)
    {
        var next = 0;
        if (state.Segment is { } segment)
        {
            var parts = segment.Quantizer.Parts;
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.Mean.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.Axes.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.Centroids.AsSpan()));
            Put(file, header, ref next, segment.ListBiases);
            Put(file, header, ref next, segment.ListScales);
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.ShellBounds.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.ShellEnds.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.Tables.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(parts.AxisScales.AsSpan()));
            Put(file, header, ref next, MemoryMarshal.AsBytes(segment.ListSizes.AsSpan()));
            foreach (var memory in (ReadOnlySpan<AlignedMemory>)
                [segment.Nibbles, segment.NibbleScales, segment.NibbleBiases, segment.Bytes, segment.ByteFactors, segment.Items])
                Put(file, header, ref next, memory);
        }
        else
        {
            while (next < (int)SnapshotFormat.Section.Rows)
                Put(file, header, ref next, []);
        }
        WriteRows(file, header, state, next);
    }

    // Rows of the file count from 0 in the order of live slots, then of live delta entries: rows of nobody are left out.
    private static void WriteRows(FileStream file, Span<byte> header, IndexState state, int next)
    {
        var (slots, blocks) = (state.Segment?.Slots ?? 0, state.Segment?.Blocks ?? 0);
        var (rowOfSlot, live, sources) = (new int[slots], new ushort[blocks], new int[state.Count]);
        var row = 0;
        for (var slot = 0; slot < slots; slot++)
        {
            if (state.Segment!.Items.Ints[slot] < 0 || !state.Live.Has(slot))
                continue;
            live[slot / 16] |= (ushort)(1 << slot % 16);
            sources[row] = state.Segment.Rows.Ints[slot];
            rowOfSlot[slot] = row++;
        }
        var (items, rows) = (new List<int>(), new List<int>());
        for (var entry = 0; entry < state.Delta.Count; entry++)
        {
            if (!state.Delta.Has(entry))
                continue;
            sources[row] = state.Delta.RowAt(entry);
            items.Add(state.Delta.ItemAt(entry));
            rows.Add(row++);
        }
        Put(file, header, ref next, MemoryMarshal.AsBytes(rowOfSlot.AsSpan()));
        Put(file, header, ref next, MemoryMarshal.AsBytes(live.AsSpan()));
        Put(file, header, ref next, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(items)));
        Put(file, header, ref next, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(rows)));
        var (start, crc) = (SnapshotFormat.PageEnd(file.Position), uint.MaxValue);
        Pad(file);
        foreach (var source in sources)
        {
            var bytes = MemoryMarshal.AsBytes(state.Masters[source]);
            crc = Crc32C.Append(crc, bytes);
            file.Write(bytes);
        }
        Enter(header, next, start, file.Position - start, ~crc);
    }

    private static void Put(FileStream file, Span<byte> header, ref int next, AlignedMemory memory) =>
        Put(file, header, ref next, memory.Span);

    private static void Put(FileStream file, Span<byte> header, ref int next, ReadOnlySpan<byte> bytes)
    {
        Pad(file);
        Enter(header, next++, file.Position, bytes.Length, Crc32C.Compute(bytes));
        file.Write(bytes);
    }

    private static void Pad(FileStream file)
    {
        var missing = (int)(SnapshotFormat.PageEnd(file.Position) - file.Position);
        file.Write(new byte[missing]);
    }

    private static void Enter(Span<byte> header, int section, long offset, long length, uint crc)
    {
        var entry = header[(SnapshotFormat.TableAt + section * SnapshotFormat.EntryBytes)..];
        BinaryPrimitives.WriteInt64LittleEndian(entry, offset);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], length);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], crc);
        BinaryPrimitives.WriteInt32LittleEndian(entry[20..], section);
    }
}
