/** What the server's events carry. Field names are those of the wire. */
import type { CallDirection, LayoutLayer } from './types.js';

export interface Member {
  room_session_id: string;
  room_id: string;
  member_id: string;
  call_id: string;
  node_id: string;
  name: string;
  type: 'member' | 'screen' | 'device' | (string & {});
  parent_id?: string;
  requested_position?: string;
  handraised: boolean;
  visible: boolean;
  audio_muted: boolean;
  video_muted: boolean;
  deaf: boolean;
  input_volume?: number;
  output_volume?: number;
  input_sensitivity?: number;
  echo_cancellation: boolean;
  auto_gain: boolean;
  noise_suppression: boolean;
  lowbitrate: boolean;
  denoise: boolean;
  talking?: boolean;
  isAudience?: boolean;
  meta?: Record<string, unknown>;
  subscriber_id: string;
  address_id: string;
  updated?: string[];
}
export interface RoomSession {
  room_session_id: string;
  room_id: string;
  event_channel: string;
  name: string;
  layout_name: string;
  display_name: string;
  recording: boolean;
  streaming: boolean;
  prioritize_handraise: boolean;
  hide_video_muted: boolean;
  locked: boolean;
  meta: Record<string, unknown>;
  members: Member[];
  recordings: Record<string, unknown>[];
  streams: Record<string, unknown>[];
  playbacks: Record<string, unknown>[];
}
interface InRoom {
  room_id: string;
  room_session_id: string;
}
export interface CallUpdatedPayload extends InRoom {
  room_session: RoomSession;
}
export type RoomUpdatedPayload = CallUpdatedPayload;
export interface CallJoinedPayload extends CallUpdatedPayload {
  call_id: string;
  member_id: string;
  capabilities: string[];
  origin_call_id: string;
}
export interface CallLeftPayload extends CallUpdatedPayload {
  call_id: string;
  member_id: string;
  origin_call_id: string;
  reason: string;
}
export type CallDevice =
  | { type: 'webrtc' | 'sip'; params: { from: string; to: string; headers?: unknown[] } }
  | { type: 'phone'; params: { from_number: string; to_number: string; headers?: unknown[] } };
export interface CallStatePayload {
  call_id: string;
  node_id: string;
  segment_id: string;
  call_state: 'created' | 'ringing' | 'answered' | 'ending' | 'ended';
  direction: CallDirection;
  device: CallDevice;
  start_time?: number;
  answer_time?: number;
  end_time?: number;
  room_session_id: string;
  peer?: { call_id?: string; node_id?: string };
  tag?: string;
}
export interface CallPlayPayload {
  control_id: string;
  call_id: string;
  node_id: string;
  state: 'playing' | 'paused' | 'finished';
  room_session_id: string;
}
export interface CallConnectPayload {
  connect_state: 'connecting' | 'connected';
  call_id: string;
  node_id: string;
  segment_id: string;
  room_session_id: string;
  peer?: { call_id: string; node_id: string; device: CallDevice };
}
export interface MemberJoinedPayload extends InRoom {
  member: Member;
}
export type MemberUpdatedPayload = MemberJoinedPayload;
export interface MemberLeftPayload extends MemberJoinedPayload {
  reason: string;
}
export interface MemberTalkingPayload extends InRoom {
  member: { member_id: string; talking: boolean; node_id: string };
}
export interface LayoutChangedPayload extends InRoom {
  layout: { layers: LayoutLayer[]; id: string; name: string };
}
export interface ConversationMessagePayload {
  id: string;
  type: string;
  subtype: string;
  kind: string;
  hidden: boolean;
  group_id: string;
  from_fabric_address_id: string;
  ts: number;
  metadata: Record<string, unknown>;
  details: { status: string; start_time: number; end_time?: number };
  text: string | null;
  conversation_name: string;
  user_name: string;
}
export interface WebrtcMessagePayload {
  jsonrpc: '2.0';
  id: number;
  method: string;
  params: { userVariables?: Record<string, unknown> };
}
/** Payloads by event type. */
export interface CallPayloads {
  'webrtc.message': WebrtcMessagePayload;
  'call.joined': CallJoinedPayload;
  'call.left': CallLeftPayload;
  'call.updated': CallUpdatedPayload;
  'call.state': CallStatePayload;
  'call.play': CallPlayPayload;
  'call.connect': CallConnectPayload;
  'room.updated': RoomUpdatedPayload;
  'member.updated': MemberUpdatedPayload;
  'member.joined': MemberJoinedPayload;
  'member.left': MemberLeftPayload;
  'member.talking': MemberTalkingPayload;
  'layout.changed': LayoutChangedPayload;
  'conversation.message': ConversationMessagePayload;
}
