namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Layout of a snapshot: a header of 4,096 bytes, then sections, each at a multiple of 4,096 bytes. All numbers are
/// little-endian. docs/index-format.md says it field by field.
/// </summary>
internal static class SnapshotFormat
{
    public const string Magic = "RECSVEC1";

    public const int Version = 1, PageBytes = 4096;

    // Header: magic 8, version 4, sections 4, metric 4, dimension 4, head 4, codes 4, lists 4, slots 4, rows 4, trained on 4,
    // delta entries 4, name length 4, name 64; then at 128 the section table, 24 bytes each; at 704 the effort of a search: lists 4,
    // reach 4, shortlist 4, exact 4, narrow reach 4; CRC-32C of all before in the last 4.
    public const int NameAt = 56, TableAt = 128, EntryBytes = 24, EffortAt = 704;

    /// <summary>In the order of the file.</summary>
    public enum Section
    {
        Mean, Axes, Centroids, ListBiases, ListScales, ShellBounds, ShellEnds, Tables, AxisScales,
        ListSizes, Nibbles, NibbleScales, NibbleBiases, Bytes, ByteFactors, Items, Rows, Live, DeltaItems, DeltaRows, Vectors,
    }

    public const int Sections = (int)Section.Vectors + 1;

    public static long PageEnd(long offset) => (offset + PageBytes - 1) / PageBytes * PageBytes;
}
