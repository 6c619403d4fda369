using ILGPU;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Gpu;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

public class GroupKernelTests(DeviceSet devices) : DeviceTest(devices)
{
    public static TheoryData<DeviceKind> Gpus => [.. DeviceKinds.All.Where(kind => kind != DeviceKind.Host)];

    [Theory, MemberData(nameof(Gpus))]
    public void Work_items_of_a_group_read_what_the_others_have_written(DeviceKind kind)
    {
        var gpu = (GpuDevice)Use(kind, 3 * Reverse.GroupSize);
        float[] values = [.. Enumerable.Range(0, 3 * Reverse.GroupSize).Select(i => (float)i)];
        var x = Tensor<float>.From(gpu, [3, Reverse.GroupSize], values);
        gpu.LaunchGrouped(3, new Reverse(x.View));
        Assert.Equal(values.Chunk(Reverse.GroupSize).SelectMany(group => group.Reverse()), x.ToArray());
    }

    [Theory, MemberData(nameof(Gpus))]
    public void No_groups_are_no_work(DeviceKind kind)
    {
        var gpu = (GpuDevice)Use(kind);
        var x = Tensor<float>.From(gpu, [2], [1, 2]);
        gpu.LaunchGrouped(0, new Reverse(x.View));
        Assert.Equal([1, 2], x.ToArray());
    }

    /// <summary>Each group's values in reverse order, in place.</summary>
    internal readonly struct Reverse(ArrayView<float> x) : IGroupKernel
    {
        public static int GroupSize => 64;

        public static int GroupsAtATime => 8;

        public void Invoke()
        {
            var shared = SharedMemory.Allocate<float>(GroupSize);
            int item = Group.IdxX,
                first = Grid.IdxX * GroupSize;
            shared[item] = x[first + item];
            Group.Barrier();
            x[first + item] = shared[GroupSize - 1 - item];
        }
    }
}
