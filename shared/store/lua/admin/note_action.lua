-- note_action: change nothing. The audit record of the call is all that is written: of a refusal, or of work done elsewhere.
-- ARGV: outcome ('refused' | 'done')
-- Keys: none
-- Returns {'refused'} | {'done'}
if ARGV[1] == 'refused' then return {'refused'} end
return {'done'}
