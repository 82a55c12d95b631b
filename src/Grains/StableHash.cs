using System.Text;

namespace Recs.Grains;

/// <summary>Where an id belongs: the same on every silo and in every version, because stored data depends on it.</summary>
internal static class StableHash
{
    public static ulong Of(string id)
    {
        Span<byte> bytes = stackalloc byte[3 * Limits.MaxIdLength];
        return id.Length <= Limits.MaxIdLength
            ? XxHash64.Hash(bytes[..Encoding.UTF8.GetBytes(id, bytes)])
            : XxHash64.Hash(Encoding.UTF8.GetBytes(id));
    }

    /// <summary>0 to <paramref name="buckets"/> - 1.</summary>
    public static int Bucket(string id, int buckets) => (int)(Of(id) % (ulong)buckets);
}
