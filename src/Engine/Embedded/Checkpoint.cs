using System.Text;

namespace Recs.Engine.Embedded;

/// <summary>What a checkpoint keeps beside the sessions: totals, the import ledger and the item counters.</summary>
internal static class Checkpoint
{
    private const int Format = 1;

    public static byte[] Encode(long totalEvents, ImportLedger ledger, ItemCounters counters, ItemCatalog catalog)
    {
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Format);
            writer.Write(totalEvents);
            ledger.Save(writer);
        }

        counters.Save(stream, catalog);
        return stream.ToArray();
    }

    /// <summary>Returns the total of events. Throws <see cref="InvalidDataException"/> on damage.</summary>
    public static long Decode(byte[] state, ImportLedger ledger, ItemCounters counters, ItemCatalog catalog)
    {
        using var stream = new MemoryStream(state, writable: false);
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        try
        {
            if (reader.ReadInt32() is var format && format != Format)
                throw new InvalidDataException($"Checkpoint has format {format}; this version reads {Format}.");
            var total = reader.ReadInt64();
            ledger.Load(reader);
            counters.Load(stream, catalog);
            return total;
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException($"Checkpoint of {state.Length} bytes is cut short.", e);
        }
    }
}
