using Pqf.Autodiff;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

public class ScopeTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Ending_a_scope_gives_back_what_was_not_kept(DeviceKind kind)
    {
        var device = Use(kind);
        var (buffers, bytes) = (device.LiveBuffers, device.LiveBytes);
        Tensor<float> kept;
        using (var scope = device.BeginScope())
        {
            Tensor<float>.Zeros(device, [1000]);
            kept = scope.Keep(Tensor<float>.From(device, [2], [1, 2]));
            Assert.Equal(buffers + 2, device.LiveBuffers);
        }

        Assert.Equal(buffers + 1, device.LiveBuffers);
        Assert.Equal(bytes + 64, device.LiveBytes); // one line of 64 bytes
        Assert.Equal([1f, 2f], kept.ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Memory_given_back_is_used_again(DeviceKind kind)
    {
        var device = Use(kind);
        for (int i = 0; i < 3; i++)
        {
            using var scope = device.BeginScope();
            var x = Tensor<float>.From(device, [3], [1, 2, 3]);
            Assert.Equal([0f, 0f, 0f], Tensor<float>.Zeros(device, [3]).ToArray());
            Assert.Equal([1f, 2f, 3f], x.ToArray());
            device.TrimPool();
        }
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Tensors_of_every_element_size_come_back_as_they_went(DeviceKind kind)
    {
        var device = Use(kind);
        Assert.Equal([1, 255], Tensor<byte>.From(device, [2], [1, 255]).ToArray());
        Assert.Equal([1, 65535, 7], Tensor<ushort>.From(device, [3], [1, 65535, 7]).ToArray());
        Assert.Equal([-1, int.MaxValue], Tensor<int>.From(device, [2], [-1, int.MaxValue]).ToArray());
        Assert.Equal([double.Epsilon, double.MaxValue], Tensor<double>.From(device, [2], [double.Epsilon, double.MaxValue]).ToArray());
        Assert.Empty(Tensor<float>.From(device, [0, 4], []).ToArray());
    }

    [Theory, MemberData(nameof(DeviceKinds.Rows), MemberType = typeof(DeviceKinds))]
    public void Reshaped_tensors_share_memory_and_may_be_overwritten(DeviceKind kind)
    {
        var device = Use(kind);
        var x = Tensor<float>.Zeros(device, [2, 3]);
        x.Overwrite([1, 2, 3, 4, 5, 6]);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], x.Reshape([3, 2]).ToArray());
        Assert.Equal("Reshape: expected 6 elements, got [4]", Assert.Throws<ShapeException>(() => x.Reshape([4])).Message);
        Assert.Equal("Tensor: expected 6 values for [2, 3], got 1", Assert.Throws<ShapeException>(() => x.Overwrite([1])).Message);
    }

    [Fact]
    public void Scopes_end_in_reverse_order()
    {
        var device = Use(DeviceKind.Host);
        var outer = device.BeginScope();
        var inner = device.BeginScope();
        Assert.Equal(
            "Scope.Dispose: expected the innermost scope; scopes end in reverse order of BeginScope",
            Assert.Throws<InvalidOperationException>(outer.Dispose).Message
        );
        inner.Dispose();
        outer.Dispose();
        outer.Dispose(); // once more does nothing
    }

    [Fact]
    public void An_iterators_scope_is_closed_between_its_values()
    {
        var device = Use(DeviceKind.Host);
        int before = device.LiveBuffers;
        IEnumerable<Tensor<float>> Values(Scope own)
        {
            var kept = Tensor<float>.From(device, [1], [1]);
            yield return own.Keep(Tensor<float>.From(device, [1], [2]));
            yield return kept;
        }

        using (device.BeginScope())
        {
            using var values = ScopedIterator.Run(device, Values).GetEnumerator();
            Assert.True(values.MoveNext());
            var first = values.Current;
            using (device.BeginScope())
                Assert.True(values.MoveNext()); // within a scope that ends before the iterator does
            Assert.Equal([1f], values.Current.ToArray());
            Assert.Equal(before + 2, device.LiveBuffers);
            Assert.False(values.MoveNext());
            Assert.Equal(before + 1, device.LiveBuffers);
            Assert.Equal([2f], first.ToArray());
        }

        Assert.Equal(before, device.LiveBuffers);
    }

    [Fact]
    public void An_iterators_scope_ends_when_the_caller_stops_asking()
    {
        var device = Use(DeviceKind.Host);
        int before = device.LiveBuffers;
        IEnumerable<int> Values(Scope own)
        {
            Tensor<float>.Zeros(device, [1]);
            yield return 1;
            throw new InvalidOperationException("nobody asks for a second value");
        }

        Assert.Equal(1, ScopedIterator.Run(device, Values).First());
        Assert.Equal(before, device.LiveBuffers);
        Assert.Throws<InvalidOperationException>(() => ScopedIterator.Run(device, Values).Last());
        Assert.Equal(before, device.LiveBuffers);
    }

    [Fact]
    public void A_device_outlives_its_scopes()
    {
        using var device = new HostDevice(1);
        Assert.Equal(
            "Device.Rent: no open scope; wrap the call in device.BeginScope()",
            Assert.Throws<InvalidOperationException>(() => Tensor<float>.Zeros(device, [1])).Message
        );
        using (var scope = device.BeginScope())
        {
            var x = Tensor<float>.Zeros(device, [1]);
            Assert.Equal(
                "Device.Dispose: a scope is still open, with 1 buffers (64 bytes)",
                Assert.Throws<InvalidOperationException>(device.Dispose).Message
            );
            Assert.Equal(
                "Scope.Keep: expected an enclosing scope, but this is the outermost",
                Assert.Throws<InvalidOperationException>(() => scope.Keep(x)).Message
            );
        }
    }
}
