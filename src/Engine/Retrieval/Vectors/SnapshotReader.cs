using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Recs.Engine.Storage;

namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Maps a snapshot. Everything is checked before anything is used: sizes against the file, checksums, then that each
/// number points where it may. Failures are <see cref="InvalidDataException"/> with file, section and offset.
/// </summary>
internal sealed unsafe class SnapshotReader
{
    private readonly string _path;
    private readonly MappedFile _file;
    private readonly int[] _fields = new int[12];
    private readonly (long Offset, long Length)[] _sections = new (long, long)[SnapshotFormat.Sections];

    private SnapshotReader(string path)
    {
        _path = path;
        var length = new FileInfo(path).Length;
        if (length < SnapshotFormat.PageBytes)
            throw Bad(length, $"it ends there; a header has {SnapshotFormat.PageBytes} bytes");
        _file = new MappedFile(path);
    }

    public static (VectorSpace Space, IndexState State, SearchEffort Effort) Read(string path)
    {
        var reader = new SnapshotReader(path);
        var space = reader.ReadHeader();
        var effort = reader.ReadEffort();
        reader.CheckSections();
        var state = reader.ReadState(space);
        GC.KeepAlive(reader._file);
        return (space, state, effort);
    }

    private int Lists => _fields[6];

    private int Slots => _fields[7];

    private int Rows => _fields[8];

    private InvalidDataException Bad(long offset, string what) => new($"'{_path}' is damaged at offset {offset}: {what}.");

    private VectorSpace ReadHeader()
    {
        var header = new ReadOnlySpan<byte>(_file.Pointer, SnapshotFormat.PageBytes);
        if (!header[..8].SequenceEqual(Encoding.ASCII.GetBytes(SnapshotFormat.Magic)))
            throw Bad(0, $"it does not begin with {SnapshotFormat.Magic}");
        if (Crc32C.Compute(header[..^4]) != BinaryPrimitives.ReadUInt32LittleEndian(header[^4..]))
            throw Bad(0, "the header does not match its checksum");
        for (var f = 0; f < _fields.Length; f++)
            _fields[f] = BinaryPrimitives.ReadInt32LittleEndian(header[(8 + 4 * f)..]);
        if (_fields[0] != SnapshotFormat.Version)
            throw Bad(8, $"it has version {_fields[0]}; this program reads {SnapshotFormat.Version}");
        if (_fields[1] != SnapshotFormat.Sections)
            throw Bad(12, $"it has {_fields[1]} sections; version {SnapshotFormat.Version} has {SnapshotFormat.Sections}");
        if (_fields[2] is < 0 or > 2 || _fields[3] is < 1 or > VectorSpace.MaxDimension)
            throw Bad(16, $"metric {_fields[2]} and dimension {_fields[3]} are not legal");
        if (_fields[4] != Quantizer.HeadOf(_fields[3]) || _fields[5] != Quantizer.CodesOf(_fields[3]))
            throw Bad(24, $"a head of {_fields[4]} and {_fields[5]} codes do not belong to dimension {_fields[3]}");
        if (Lists < 0 || Slots < 0 || Slots % INibbleKernel.Rows != 0 || Rows < 0 || _fields[9] < 0 || _fields[10] < 0 || _fields[11] is < 1 or > 64)
            throw Bad(32, "a count is negative or too large");
        try
        {
            return new VectorSpace(Encoding.ASCII.GetString(header.Slice(SnapshotFormat.NameAt, _fields[11])), _fields[3], (SpaceMetric)_fields[2]);
        }
        catch (RecommenderException e)
        {
            throw Bad(SnapshotFormat.NameAt, e.Message);
        }
    }

    // All zeros in files of before it was kept.
    private SearchEffort ReadEffort()
    {
        var at = new ReadOnlySpan<byte>(_file.Pointer + SnapshotFormat.EffortAt, 20);
        var lists = BinaryPrimitives.ReadInt32LittleEndian(at);
        if (lists == 0)
            return SearchEffort.Default;
        var (reach, shortlist) = (BinaryPrimitives.ReadSingleLittleEndian(at[4..]), BinaryPrimitives.ReadSingleLittleEndian(at[8..]));
        var (exact, narrow) = (BinaryPrimitives.ReadSingleLittleEndian(at[12..]), BinaryPrimitives.ReadSingleLittleEndian(at[16..]));
        if (lists < 0 || !(reach >= 0 && shortlist >= 1 && exact >= 1) || narrow < 0)
            throw Bad(SnapshotFormat.EffortAt, $"an effort of {lists} lists, reach {reach}, shortlist {shortlist}, exact {exact}, narrow reach {narrow} is not legal");
        return new SearchEffort(lists, reach, shortlist, exact) { NarrowReach = float.IsNaN(narrow) ? null : narrow };
    }

    private void CheckSections()
    {
        var (dimension, head, codes) = ((long)_fields[3], (long)_fields[4], (long)_fields[5]);
        var present = Slots > 0;
        var padded = (Lists + 15L) / 16 * 16;
        for (var s = 0; s < SnapshotFormat.Sections; s++)
        {
            var at = SnapshotFormat.TableAt + s * SnapshotFormat.EntryBytes;
            var entry = new ReadOnlySpan<byte>(_file.Pointer + at, SnapshotFormat.EntryBytes);
            var (offset, length) = (BinaryPrimitives.ReadInt64LittleEndian(entry), BinaryPrimitives.ReadInt64LittleEndian(entry[8..]));
            var section = (SnapshotFormat.Section)s;
            if (offset < SnapshotFormat.PageBytes || offset % SnapshotFormat.PageBytes != 0 || length < 0 || offset > _file.Bytes - length)
                throw Bad(at, $"section {section} lies at {offset} with {length} bytes, of a file of {_file.Bytes}");
            var expected = section switch
            {
                SnapshotFormat.Section.Live => Slots / 16 * 2L,
                SnapshotFormat.Section.DeltaItems or SnapshotFormat.Section.DeltaRows => 4L * _fields[10],
                SnapshotFormat.Section.Vectors => 4L * Rows * dimension,
                SnapshotFormat.Section.ShellBounds or SnapshotFormat.Section.ShellEnds when present => length % 4 == 0 && length <= 256 ? length : -1,
                _ when !present => 0,
                SnapshotFormat.Section.Mean => 4 * dimension,
                SnapshotFormat.Section.Axes => 4 * dimension * head,
                SnapshotFormat.Section.Centroids => 4 * Lists * head,
                SnapshotFormat.Section.ListBiases or SnapshotFormat.Section.ListScales => 4 * padded,
                SnapshotFormat.Section.Tables => 64 * head,
                SnapshotFormat.Section.AxisScales => 4 * head,
                SnapshotFormat.Section.ListSizes => 4L * Lists,
                SnapshotFormat.Section.Nibbles => Slots * codes / 2,
                SnapshotFormat.Section.Bytes => Slots * head,
                SnapshotFormat.Section.ByteFactors => 8L * Slots,
                _ => 4L * Slots,
            };
            if (length != expected)
                throw Bad(at + 8, $"section {section} has {length} bytes; expected are {expected}");
            var bytes = new ReadOnlySpan<byte>(_file.Pointer + offset, 0);
            var crc = uint.MaxValue;
            for (long done = 0; done < length; done += bytes.Length)
            {
                bytes = new ReadOnlySpan<byte>(_file.Pointer + offset + done, (int)Math.Min(1 << 20, length - done));
                crc = Crc32C.Append(crc, bytes);
            }
            if (~crc != BinaryPrimitives.ReadUInt32LittleEndian(entry[16..]))
                throw Bad(offset, $"section {section} does not match its checksum");
            _sections[s] = (offset, length);
        }
    }

    private IndexState ReadState(VectorSpace space)
    {
        var masters = new MasterVectors(space.Dimension, Memory(SnapshotFormat.Section.Vectors), Rows);
        var seen = new HashSet<int>();
        var segment = Slots == 0 ? null : ReadSegment(space, masters);
        var live = LiveSlots.All(segment?.Blocks ?? 0);
        if (segment is not null)
        {
            var bits = Values<ushort>(SnapshotFormat.Section.Live);
            for (var slot = 0; slot < Slots; slot++)
            {
                var (item, present) = (segment.Items.Ints[slot], (bits[slot / 16] >> slot % 16 & 1) != 0);
                if (item < 0 && present)
                    throw Bad(_sections[(int)SnapshotFormat.Section.Live].Offset, $"slot {slot} is live but empty");
                if (item >= 0 && !present)
                    live = live.Without(slot);
            }
        }
        var (items, rows) = (Values<int>(SnapshotFormat.Section.DeltaItems), Values<int>(SnapshotFormat.Section.DeltaRows));
        var delta = DeltaView.Empty;
        for (var n = 0; n < items.Length; n++)
        {
            if ((uint)items[n] >= VectorIndex.MaxItems || (uint)rows[n] >= (uint)Rows || !seen.Add(items[n]))
                throw Bad(_sections[(int)SnapshotFormat.Section.DeltaItems].Offset, $"entry {n} names item {items[n]} and row {rows[n]}");
            delta = delta.With(items[n], rows[n]);
        }
        return new IndexState(masters, segment, live, delta);
    }

    private Segment ReadSegment(VectorSpace space, MasterVectors masters)
    {
        var ends = Values<int>(SnapshotFormat.Section.ShellEnds);
        var bounds = Values<float>(SnapshotFormat.Section.ShellBounds);
        if (Lists < 1 || ends.Length != bounds.Length + 1 || ends[^1] != Lists)
            throw Bad(_sections[(int)SnapshotFormat.Section.ShellEnds].Offset, $"{ends.Length} shells do not cover {Lists} lists");
        for (var s = 0; s < ends.Length; s++)
        {
            if (ends[s] <= (s == 0 ? 0 : ends[s - 1]))
                throw Bad(_sections[(int)SnapshotFormat.Section.ShellEnds].Offset, $"shell {s} ends at list {ends[s]}");
        }
        var sizes = Values<int>(SnapshotFormat.Section.ListSizes);
        if (sizes.Any(s => s < 0) || sizes.Sum(s => (s + 15L) / 16 * 16) != Slots)
            throw Bad(_sections[(int)SnapshotFormat.Section.ListSizes].Offset, $"the lists do not fill {Slots} slots");
        var quantizer = new Quantizer(new QuantizerParts
        {
            Mean = Values<float>(SnapshotFormat.Section.Mean),
            Axes = Values<float>(SnapshotFormat.Section.Axes),
            Centroids = Values<float>(SnapshotFormat.Section.Centroids),
            ListBiases = [],
            ListScales = new float[Lists],
            ShellBounds = bounds,
            ShellEnds = ends,
            Tables = Values<float>(SnapshotFormat.Section.Tables),
            AxisScales = Values<float>(SnapshotFormat.Section.AxisScales),
            TrainedOn = _fields[9],
        });
        var memory = new SegmentMemory(
            Memory(SnapshotFormat.Section.Nibbles), Memory(SnapshotFormat.Section.NibbleScales), Memory(SnapshotFormat.Section.NibbleBiases),
            Memory(SnapshotFormat.Section.Bytes), Memory(SnapshotFormat.Section.ByteFactors), Memory(SnapshotFormat.Section.Items),
            Memory(SnapshotFormat.Section.Rows), Memory(SnapshotFormat.Section.ListBiases), Memory(SnapshotFormat.Section.ListScales));
        CheckSlots(sizes, memory);
        var segment = new Segment(quantizer, space.Metric, masters, sizes, memory);
        if (segment.Distinct != segment.Count)
            throw Bad(_sections[(int)SnapshotFormat.Section.Items].Offset, "an item stands in two slots");
        return segment;
    }

    private void CheckSlots(int[] sizes, SegmentMemory memory)
    {
        var first = Segment.FirstBlocks(sizes);
        for (var list = 0; list < sizes.Length; list++)
        {
            var start = first[list] * INibbleKernel.Rows;
            for (var slot = start; slot < first[list + 1] * INibbleKernel.Rows; slot++)
            {
                var (item, row) = (memory.Items.Ints[slot], memory.Rows.Ints[slot]);
                var filled = slot - start < sizes[list];
                if (filled ? (uint)item >= VectorIndex.MaxItems || (uint)row >= (uint)Math.Max(1, Rows) : item != -1)
                    throw Bad(_sections[(int)SnapshotFormat.Section.Items].Offset + 4L * slot, $"slot {slot} names item {item} and row {row}");
            }
        }
    }

    private AlignedMemory Memory(SnapshotFormat.Section section) =>
        new(_file.Pointer + _sections[(int)section].Offset, _sections[(int)section].Length, _file);

    private T[] Values<T>(SnapshotFormat.Section section)
        where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(new ReadOnlySpan<byte>(_file.Pointer + _sections[(int)section].Offset, (int)_sections[(int)section].Length)).ToArray();
}
