namespace Recs.Api.Pages.Shared;

/// <summary>FNV-1a, 32 bits: the same picture for the same id in every process.</summary>
internal static class Fnv
{
    public static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
            hash = (hash ^ c) * 16777619u;
        // FNV's low bits mix poorly over short ids that differ in the last character.
        hash ^= hash >> 15;
        hash *= 0x2c1b3c6du;
        return hash ^ (hash >> 12);
    }
}
