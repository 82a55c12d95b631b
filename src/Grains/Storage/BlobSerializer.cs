using Orleans.Serialization;
using Orleans.Storage;
using Recs.Grains.Users;

namespace Recs.Grains.Storage;

/// <summary>
/// How grain state is written: a user is the engine's own encoding, byte for byte, whichever storage keeps it; the rest
/// is Orleans's versioned binary format.
/// </summary>
public sealed class BlobSerializer(Serializer serializer) : IGrainStorageSerializer
{
    /// <inheritdoc/>
    public BinaryData Serialize<T>(T? input) =>
        input is UserRecord user ? new BinaryData(user.Blob) : new BinaryData(serializer.SerializeToArray(input));

    /// <inheritdoc/>
    public T? Deserialize<T>(BinaryData input)
    {
        if (typeof(T) == typeof(UserRecord))
            return (T)(object)new UserRecord { Blob = input.ToArray() };
        return serializer.Deserialize<T>(input.ToMemory());
    }
}
