using System.Runtime.CompilerServices;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;

namespace Pqf.Tensors.Ops.Convolution.Gathered;

/// <summary>Weights [O, I / groups, kH, kW] as those of the convolution that carries gradients back: [I, O / groups, taps of a phase, last
/// first].</summary>
static unsafe class FlippedWeights
{
    // Neighbouring input channels lie in one cache line of the weights.
    const int ChannelsPerItem = 16;

    // A line of what is written is filled before the next one: lines of many channels lie a power of two apart, more than a set of the
    // cache holds.
    const int OutputsAtATime = 16;

    public static Tensor<float> Of(HostDevice host, ConvGeometry g, Tensor<float> weight, InputPhase phase)
    {
        var flipped = Tensor<float>.Rent(host, [g.InChannels, g.GroupOutChannels, phase.Rows.TapCount, phase.Columns.TapCount]);
        host.For(Division.Ceil(g.InChannels, ChannelsPerItem), new Channels(g, phase, weight.Pointer, flipped.Pointer));
        return flipped;
    }

    readonly struct Channels(ConvGeometry g, InputPhase phase, float* weight, float* flipped) : IHostWork
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Invoke(int item, int thread)
        {
            int first = item * ChannelsPerItem,
                end = Math.Min(g.InChannels, first + ChannelsPerItem),
                outputs = g.GroupOutChannels,
                taps = phase.TapCount;
            for (int o0 = 0; o0 < outputs; o0 += OutputsAtATime)
            for (int i = first; i < end; i++)
            {
                int group = i / g.GroupInChannels;
                for (int o = o0; o < Math.Min(outputs, o0 + OutputsAtATime); o++)
                    Taps(
                        weight + g.WeightAt((group * outputs) + o, i - (group * g.GroupInChannels), 0, 0),
                        flipped + ((((nint)i * outputs) + o) * taps)
                    );
            }
        }

        void Taps(float* from, float* to)
        {
            for (int a = 0, row = phase.Rows.LastTap; a < phase.Rows.TapCount; a++, row -= phase.Rows.TapStep)
            for (int b = 0, column = phase.Columns.LastTap; b < phase.Columns.TapCount; b++, column -= phase.Columns.TapStep)
                *to++ = from[(row * g.Kernel.W) + column];
        }
    }
}
