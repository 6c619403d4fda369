using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Normalisation;

/// <summary>Sums of parts [parts, channels], in order.</summary>
readonly unsafe struct Merge(double* partSums, int parts, int channels, double* sums) : IHostWork
{
    public const int Channels = 64;

    public void Invoke(int item, int thread)
    {
        int first = item * Channels,
            end = Math.Min(channels, first + Channels);
        new Span<double>(sums + first, end - first).Clear();
        for (int part = 0; part < parts; part++)
        for (int c = first; c < end; c++)
            sums[c] += partSums[((nint)part * channels) + c];
    }
}
