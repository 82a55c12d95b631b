using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Recs.Api.Security;

/// <summary>The configured keys, as hashes. Thread-safe.</summary>
internal sealed class ApiKeys
{
    private readonly (byte[] Hash, ApiRole Role)[] _keys;

    public ApiKeys(RecommenderApiOptions options) => _keys =
    [
        .. options.ReadKeys.Select(k => (Hash(k), ApiRole.Read)),
        .. options.WriteKeys.Select(k => (Hash(k), ApiRole.Write)),
        .. options.AdminKeys.Select(k => (Hash(k), ApiRole.Admin)),
    ];

    public bool Any => _keys.Length > 0;

    /// <summary>
    /// The key's number and role, or (-1, Anyone). Takes the same time whether and where a key matches: hashes have
    /// one length, and every one is compared.
    /// </summary>
    public (int Number, ApiRole Role) Find(ReadOnlySpan<char> presented)
    {
        if (presented.Length > RecommenderApiOptions.MaxKeyLength)
            return (-1, ApiRole.Anyone);
        Span<byte> utf8 = stackalloc byte[RecommenderApiOptions.MaxKeyLength * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(presented, utf8)], hash);
        var found = -1;
        for (var i = 0; i < _keys.Length; i++)
            if (CryptographicOperations.FixedTimeEquals(hash, _keys[i].Hash))
                found = i;
        return found < 0 ? (-1, ApiRole.Anyone) : (found, _keys[found].Role);
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
